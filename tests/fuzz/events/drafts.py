"""Valid requests, before anything is done to them."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from fuzz.arrays import CANARY, Arrays
from fuzz.events.values import as_bytes, as_json, draw_array
from fuzz.packaging import Packaged
from fuzz.targets import CATALOG, Target

ODD_IDS = ("\ud800", "\udfff a", "", "\0", '"', "\U0001f600", "x" * 300)

LARGE = 0.02
"""How often one size is drawn so large that answers are compressed and memory is shared."""


@dataclass
class Draft:
    """A request that is still to be written.

    Attributes:
        method: Of HTTP.
        path: Of HTTP.
        document: The JSON of the body; None where `raw` is the body.
        tail: The binary tensors after the JSON.
        raw: A body that is no JSON.
        headers: Of HTTP; the length of the JSON is added where there is a tail.
    """

    method: str
    path: str
    document: Any = None
    tail: bytes = b""
    raw: bytes | None = None
    headers: dict[str, Any] = field(default_factory=dict)


def draw_draft(rng: Random, packaged: Packaged) -> Draft:
    """Draws a request that is valid, unless the drawn values make it otherwise."""
    target = packaged.target
    kind = rng.random()
    if target.name == CATALOG:
        return _catalog(rng)
    version = f"/versions/{packaged.version}" if rng.random() < 0.1 else ""
    base = f"models/{target.name}{version}"
    if kind < 0.04:
        path = rng.choice((f"/v2/{base}", f"/v2/{base}/ready", f"/v1/{base}", "/v2", "/v2/health/live"))
        return Draft("GET", path)
    if target.image is not None and kind < 0.5:
        if rng.random() < 0.25:
            content, kind_ = _form(rng)
            return Draft("POST", f"/v2/{base}/infer", raw=content, headers={"Content-Type": kind_})
        content, kind_ = picture(rng)
        headers = {"Content-Type": kind_} if rng.random() < 0.7 else {}
        return Draft("POST", f"/v2/{base}/infer", raw=content, headers=headers)
    if kind < 0.25:
        return Draft("POST", f"/v1/{base}:predict", _serving(rng, target))
    document, tail = _inference(rng, target)
    return Draft("POST", f"/v2/{base}/infer", document, tail)


def draw_inputs(rng: Random, target: Target, *, json: bool) -> Arrays:
    """Draws all inputs of a model, sizes of one name alike."""
    names = sorted({dim for spec in target.inputs for dim in spec.dims if isinstance(dim, str)})
    sizes = {name: rng.choice(target.sizes) for name in names}
    if names and not target.draws and rng.random() < LARGE:
        fixed = max(prod(dim for dim in spec.dims if isinstance(dim, int)) for spec in target.inputs)
        sizes[rng.choice(names)] = rng.choice((2000, 17_000, 40_000)) // fixed
    found = {}
    for spec in target.inputs:
        shape = tuple(sizes[dim] if isinstance(dim, str) else dim or 0 for dim in spec.dims)
        draw = target.draws.get(spec.name)
        found[spec.name] = draw(rng, shape) if draw else draw_array(rng, spec.datatype, shape, json=json)
    return found


def picture(rng: Random) -> tuple[bytes, str]:
    """A PNG or JPEG of any mode, and its media type."""
    kind, media = rng.choice((("PNG", "image/png"), ("JPEG", "image/jpeg")))
    modes = ("L", "RGB") if kind == "JPEG" else ("L", "RGB", "RGBA", "LA", "P", "1", "I;16")
    size = (rng.randint(1, 40), rng.randint(1, 40))
    mode = rng.choice(modes)
    if mode == "I;16":
        pixels = np.frombuffer(rng.randbytes(2 * size[0] * size[1]), "<u2").reshape(size[1], size[0])
        found = Image.fromarray(pixels)
    else:
        found = Image.frombytes("RGB", size, rng.randbytes(3 * size[0] * size[1])).convert(mode)
    out = io.BytesIO()
    options: dict[str, Any] = {}
    if rng.random() < 0.2:
        exif = Image.Exif()
        exif[0x0112] = rng.randint(1, 8)
        options = {"exif": exif}
    found.save(out, kind, **options)
    return out.getvalue(), media


def _form(rng: Random) -> tuple[bytes, str]:
    """A form with pictures as curl sends it, and its media type."""
    boundary = "-" * rng.randint(0, 24) + "".join(rng.choices("0123456789abcdef", k=16))
    parts = []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 0))):
        content, media = picture(rng)
        head = f'Content-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: {media}\r\n\r\n'
        parts.append(f"--{boundary}\r\n".encode() + head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _inference(rng: Random, target: Target) -> tuple[Any, bytes]:
    binary = rng.random() < (0.9 if any(spec.datatype == "BF16" for spec in target.inputs) else 0.35)
    arrays = draw_inputs(rng, target, json=not binary)
    inputs, tail = [], b""
    for spec in target.inputs:
        array = arrays[spec.name]
        item: dict[str, Any] = {"name": spec.name, "datatype": spec.datatype, "shape": list(array.shape)}
        if binary and rng.random() < 0.85:
            raw = as_bytes(array)
            item["parameters"] = {"binary_data_size": len(raw)}
            tail += raw
        else:
            item["data"] = as_json(array, flat=rng.random() < 0.5)
        inputs.append(item)
    document: dict[str, Any] = {"inputs": inputs}
    if rng.random() < 0.3:
        document["id"] = rng.choice(ODD_IDS if rng.random() < 0.06 else ("1", CANARY, "é", "a" * 200))
    if rng.random() < 0.4 or binary:
        _ask_outputs(rng, target, document, binary=binary)
    return document, tail


def _ask_outputs(rng: Random, target: Target, document: dict[str, Any], *, binary: bool) -> None:
    if rng.random() < 0.5:
        document["parameters"] = {"binary_data_output": binary or rng.random() < 0.3}
    if rng.random() < 0.5:
        names = [spec.name for spec in target.outputs]
        chosen = rng.sample(names, rng.randint(1, len(names)))
        document["outputs"] = [
            {"name": name, "parameters": {"binary_data": rng.random() < 0.5}} if rng.random() < 0.5 else {"name": name}
            for name in chosen
        ]


def _serving(rng: Random, target: Target) -> Any:
    arrays = draw_inputs(rng, target, json=rng.random() < 0.8)
    values = {name: _b64(rng, as_json(array, flat=False)) for name, array in arrays.items()}
    if target.image is not None and rng.random() < 0.5:
        pictures = [{"b64": base64.b64encode(picture(rng)[0]).decode()} for _ in range(rng.randint(1, 3))]
        values = {target.image.input: pictures}
    elif rng.random() < 0.2:
        values = {
            name: [_without_ones(item) for item in value] if isinstance(value, list) else value
            for name, value in values.items()
        }
    single = len(values) == 1 and rng.random() < 0.5
    if rng.random() < 0.5 or any(not array.shape for array in arrays.values()):
        document: dict[str, Any] = {"inputs": next(iter(values.values())) if single else values}
    else:
        rows = min((len(value) for value in values.values()), default=0)
        names = list(values)
        document = {
            "instances": next(iter(values.values()))
            if single
            else [{name: values[name][row] for name in names} for row in range(rows)]
        }
    if rng.random() < 0.2:
        document["signature_name"] = rng.choice(("serving_default", "", None))
    return document


def _without_ones(value: Any) -> Any:
    """The value without dimensions of size 1 at its end."""
    if not isinstance(value, list) or not value:
        return value
    inner = [_without_ones(item) for item in value]
    return inner if len(inner) != 1 or isinstance(inner[0], list) else inner[0]


def _b64(rng: Random, value: Any) -> Any:
    if isinstance(value, list):
        return [_b64(rng, item) for item in value]
    if isinstance(value, str) and rng.random() < 0.3:
        return {"b64": base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()}
    return value


def _catalog(rng: Random) -> Draft:
    if rng.random() < 0.5:
        return Draft("POST", "/v2/repository/index", rng.choice(({}, {"ready": True}, {"ready": False})))
    return Draft("GET", rng.choice(("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/none", "/")))
