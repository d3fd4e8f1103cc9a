"""Small requests that would take much memory or time, and large ones that people send. A case makes its event."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight_runtime.manifest import ImageInput
from support.handler_calls import INFER, PREDICT
from support.hostile_forms import HOSTILE_FORMS, HOSTILE_PACKED_FORMS, LARGE_FORMS
from support.hostile_pictures import HOSTILE_PACKED_PICTURES, HOSTILE_PICTURES, LARGE_PICTURES, MEGABYTE, jpeg
from support.manifests import signature_of
from support.onnx_models import fill_model, identity_model, package, package_identity
from support.text_models import package_text

_APP: Final = "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n"
_LONGEST: Final = 16 * MEGABYTE - 2000
_IMAGE: Final = ((1, 8, 8, 3), ImageInput("x", 8, 8, 3, 1.0, 0.0, "NHWC"))


class Case(NamedTuple):
    """A request to the function `function`. own: megabytes that the model's own outputs take."""

    function: str
    event: Callable[[], Any]
    own: int = 0


def package_functions(folder: Path) -> None:
    """Packages the functions that the cases name, each in a folder of its name."""
    package_identity(folder / "floats", "FP32", (-1,))
    package_identity(folder / "wholes", "INT64", (-1,))
    package_identity(folder / "flags", "BOOL", (-1,))
    package_identity(folder / "matrix", "FP32", (-1, -1))
    package_identity(folder / "strings", "BYTES", (-1,))
    fill = signature_of([("count", "INT64", (1,))], [("zeros", "FP32", (-1,))])
    package(folder / "fill", fill_model(), fill)
    shape, image = _IMAGE
    ends = signature_of([("x", "FP32", shape)], [("y", "FP32", shape)])
    package(folder / "pictures", identity_model("FP32", shape), ends, image=image)
    shape = (-1, *shape[1:])
    ends = signature_of([("x", "FP32", shape)], [("y", "FP32", shape)])
    package(folder / "albums", identity_model("FP32", shape), ends, image=image)
    (folder / "texts").mkdir()
    package_text(folder / "texts")
    for function in folder.iterdir():
        if not (function / "app.py").exists():
            (function / "app.py").write_text(_APP)


def warm_up(function: str) -> dict[str, Any]:
    """A request that the function answers; so long that what large requests import is there already."""
    if function in ("pictures", "albums"):
        return event(jpeg("RGB", (9, 9)))
    tensors = {
        "wholes": tensor(b"[1]", [1], "INT64"),
        "flags": tensor(b"[true]", [1], "BOOL"),
        "matrix": tensor(b"[1]", [1, 1]),
        "strings": tensor(b'["a"]', [1], "BYTES"),
        "fill": tensor(b"[1]", [1], "INT64", "count"),
        "texts": tensor(b'["funny"]', [1], "BYTES", "text"),
    }
    return event(tensors.get(function, tensor(b"[1]", [1])) + b" " * 70_000, packed=True)


def event(body: bytes, path: str = INFER, *, packed: bool = False, **headers: str) -> dict[str, Any]:
    """A REST event. packed: whether the body goes as gzip. headers: underscores stand for hyphens."""
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    if packed:
        body, found["content-encoding"] = gzip.compress(body, 6), "gzip"
    encoded = base64.b64encode(body).decode()
    return {"httpMethod": "POST", "path": path, "headers": found, "body": encoded, "isBase64Encoded": True}


def form_event(body: bytes, content_type: str, *, packed: bool = False) -> dict[str, Any]:
    """A REST event with a form."""
    return event(body, packed=packed, content_type=content_type)


def tensor(data: bytes, shape: list[int], datatype: str = "FP32", name: str = "x", more: bytes = b"") -> bytes:
    """An inference request of one input. data: its JSON. more: further fields of the request, each with a comma."""
    head = json.dumps({"name": name, "datatype": datatype, "shape": shape}).encode()[:-1]
    return b'{"inputs":[' + head + b',"data":' + data + b"}]" + more + b"}"


def binary(count: int, element: bytes, datatype: str, *, out: bool = True, packed: bool = False) -> dict[str, Any]:
    """`count` elements in binary. out: whether the answer is asked for in binary."""
    size = {"binary_data_size": len(element) * count}
    described = {"name": "x", "datatype": datatype, "shape": [count], "parameters": size}
    head = json.dumps({"inputs": [described], "parameters": {"binary_data_output": out}}).encode()
    return event(head + element * count, packed=packed, inference_header_content_length=str(len(head)))


def repeated(unit: bytes, first: bytes = b'{"inputs":[', last: bytes = b"1]}", path: str = INFER) -> Case:
    """16 MB of the same JSON, as gzip."""
    return Case("floats", lambda: event(first + unit * (_LONGEST // len(unit)) + last, path, packed=True))


def listed(unit: bytes, count: int, last: bytes) -> bytes:
    """A JSON list."""
    return b"[" + unit * count + last + b"]"


def deflated(content: bytes) -> dict[str, Any]:
    return {**event(zlib.compress(content, 9)), "headers": {"content-encoding": "deflate"}}


def _asking(count: int, **headers: str) -> Case:
    """90 bytes of JSON that ask for `count` floats."""
    asked = tensor(b"[%d]" % count, [1], "INT64", "count")
    return Case("fill", lambda: event(asked, **headers), own=count * 4 // MEGABYTE)


_40M: Final = 40_000_000
_OWN: Final = _40M * 4 // MEGABYTE
_BIG: Final = b"1" * 4000 + b","

HOSTILE: Final[dict[str, Case]] = {
    "40 million floats as JSON": _asking(_40M),
    "40 million floats, gzip": _asking(_40M, accept_encoding="gzip"),
    "40 million floats, a direct invocation": Case(
        "fill", lambda: json.loads(tensor(b"[40000000]", [1], "INT64", "count")), _OWN
    ),
    "40 million floats in binary": Case(
        "fill",
        lambda: event(
            tensor(b"[40000000]", [1], "INT64", "count", b',"parameters":{"binary_data_output":true}'),
            accept_encoding="gzip",
        ),
        _OWN,
    ),
    "40 million predictions": Case("fill", lambda: event(b'{"instances":[40000000]}', PREDICT), _OWN),
    "40 million outputs of a column": Case("fill", lambda: event(b'{"inputs":[40000000]}', PREDICT), _OWN),
    "16 MB of [],": repeated(b"[],"),
    "16 MB of {},": repeated(b"{},"),
    "16 MB of [[],": repeated(b"[[],"),
    "16 MB of [0],": repeated(b"[0],"),
    '16 MB of "ab",': repeated(b'"ab",'),
    '16 MB of {"a":1},': repeated(b'{"a":1},'),
    '16 MB of {"":[]},': repeated(b'{"":[]},'),
    "16 MB of 0,": repeated(b"0,"),
    "16 MB of -9,": repeated(b"-9,"),
    "16 MB of 1.5,": repeated(b"1.5,"),
    "16 MB of 300,": repeated(b"300,"),
    "16 MB of escapes": repeated(b'"\\u00e9\\u1234",'),
    "16 MB of [": repeated(b"["),
    '16 MB of {"":': repeated(b'{"":'),
    "lists in lists": repeated(b"[[[[[[[[]]]]]]]],"),
    "1.5 million names": Case(
        "floats",
        lambda: event(b"{" + b"".join(b'"%x":0,' % i for i in range(1_500_000)) + b'"inputs":[]}', packed=True),
    ),
    "a text with an emoji": Case(
        "floats", lambda: event(b'{"inputs":["' + b"a" * _LONGEST + "\U0001f600".encode() + b'"]}', packed=True)
    ),
    "a number of 16 million digits": repeated(b"1", b'{"inputs":['),
    "4,000 numbers of 4,000 digits": Case(
        "wholes", lambda: event(tensor(listed(_BIG, 4000, b"1"), [4001], "INT64"), packed=True)
    ),
    "8 million zeros and null": Case(
        "floats", lambda: event(tensor(listed(b"0,", 8_300_000, b"null"), [8_300_001]), packed=True)
    ),
    "4 million floats and true": Case(
        "floats", lambda: event(tensor(listed(b"1.5,", 4_190_000, b"true"), [4_190_001]), packed=True)
    ),
    "4 million floats of another name": Case(
        "floats", lambda: event(tensor(listed(b"1.5,", 4_190_000, b"1.5"), [4_190_001], name="y"), packed=True)
    ),
    "a million rows and one of another length": Case(
        "matrix", lambda: event(tensor(listed(b"[0],", 1_100_000, b"[]"), [1_100_001, 1]))
    ),
    "a shape of 4 million sizes": Case(
        "floats",
        lambda: event(
            b'{"inputs":[{"name":"x","datatype":"FP32","shape":[' + b"1," * 4_000_000 + b"1]}]}", packed=True
        ),
    ),
    "80,000 inputs": Case("floats", lambda: event(_named(80_000))),
    "280,000 inputs": Case("floats", lambda: event(_named(280_000), packed=True)),
    "900,000 outputs": Case(
        "floats",
        lambda: event(
            tensor(b"[1]", [1], more=b',"outputs":[' + b",".join(b'{"name":"%x"}' % i for i in range(900_000)) + b"]"),
            packed=True,
        ),
    ),
    "a million instances": Case(
        "floats",
        lambda: event(b'{"instances":' + listed(b'{"x":0},', 1_000_000, b'{"x":0}') + b"}", PREDICT, packed=True),
    ),
    "600,000 instances and one of another name": Case(
        "floats",
        lambda: event(b'{"instances":' + listed(b'{"x":0},', 600_000, b'{"y":0}') + b"}", PREDICT, packed=True),
    ),
    "a million empty base64 values": Case(
        "strings", lambda: event(b'{"instances":' + listed(b'{"b64":""},', 10**6, b'""') + b"}", PREDICT, packed=True)
    ),
    "5 million empty strings": Case(
        "strings", lambda: event(tensor(listed(b'"",', 5_500_000, b'""'), [5_500_001], "BYTES"), packed=True)
    ),
    "a million empty strings in binary": Case("strings", lambda: binary(1_100_000, bytes(4), "BYTES")),
    "16 million empty strings in binary": Case(
        "strings", lambda: binary(16 * MEGABYTE - 100, bytes(4), "BYTES", packed=True)
    ),
    "12 million short strings in binary": Case(
        "strings", lambda: binary(12 * MEGABYTE, struct.pack("<I", 1) + b"a", "BYTES", packed=True)
    ),
    "16 million floats in binary, JSON out": Case(
        "floats", lambda: binary(16 * MEGABYTE - 100, bytes(4), "FP32", out=False, packed=True)
    ),
    "64 million flags, the last wrong": Case("flags", lambda: binary(64 * MEGABYTE - 1000, b"\2", "BOOL", packed=True)),
    "a gzip of 300 MB": Case("floats", lambda: event(bytes(300 * MEGABYTE), packed=True)),
    "a deflate of 300 MB": Case("floats", lambda: deflated(bytes(300 * MEGABYTE))),
    "170,000 gzip members": Case(
        "floats",
        lambda: {**event(gzip.compress(b" " * 100) * 170_000), "headers": {"content-encoding": "gzip"}},
    ),
    "a path of 2 million escapes": Case("floats", lambda: {"httpMethod": "POST", "path": "/" + "%41" * 2_000_000}),
    "a path of 2 million parts": Case(
        "floats", lambda: {"httpMethod": "POST", "path": "/v2/models" + "/a" * 2_000_000}
    ),
    "a header of 5 million digits": Case(
        "floats", lambda: event(tensor(b"[1]", [1]), inference_header_content_length="9" * 5_000_000)
    ),
    "direct: 1.9 million lists": Case("floats", lambda: {"inputs": [[]] * 1_900_000}),
    "direct: 90,000 inputs": Case("floats", lambda: json.loads(_named(90_000))),
    "direct: a float and a text": Case(
        "floats", lambda: json.loads(tensor(listed(b"1.5,", 1_500_000, b'"a"'), [1_500_001]))
    ),
    "direct: rows and a text": Case(
        "matrix", lambda: json.loads(tensor(listed(b"[1],", 1_100_000, b'["a"]'), [1_100_001, 1]))
    ),
    "a text of 4.5 million letters": Case(
        "texts", lambda: event(tensor(b'["' + b"a" * 4_500_000 + b'"]', [1], "BYTES", "text"))
    ),
    "50,000 texts": Case("texts", lambda: event(tensor(listed(b'"a b",', 50_000, b'"a"'), [50_001], "BYTES", "text"))),
    "16 MB of NaN,": repeated(b"NaN,", b'{"instances":[', path=PREDICT),
    "4 million NaN and null": Case(
        "floats",
        lambda: event(b'{"instances":' + listed(b"NaN,", 4_000_000, b"null") + b"}", PREDICT, packed=True),
    ),
    "4 million floats, NaN and 1e999": Case(
        "floats",
        lambda: event(b'{"instances":' + listed(b"1.5,", 3_990_000, b"NaN,1e999") + b"}", PREDICT, packed=True),
    ),
    "pictures in base64 that are none": Case(
        "albums", lambda: event(b'{"instances":' + listed(b'{"b64":"aGk="},', 200_000, b'{"b64":""}') + b"}", PREDICT)
    ),
    **{name: Case("pictures", lambda make=make: event(make())) for name, make in HOSTILE_PICTURES.items()},
    **{name: Case("albums", lambda make=make: form_event(*make())) for name, make in HOSTILE_FORMS.items()},
    **{
        f"{name}, gzip": Case("albums", lambda make=make: form_event(*make(), packed=True))
        for name, make in HOSTILE_PACKED_FORMS.items()
    },
    **{
        f"{name}, gzip": Case("pictures", lambda make=make: event(make(), packed=True))
        for name, make in HOSTILE_PACKED_PICTURES.items()
    },
}
"""Each is refused."""

LARGE: Final[dict[str, Case]] = {
    "4.5 MB of floats in binary": Case("floats", lambda: binary(1_170_000, bytes(4), "FP32"), own=5),
    "4.5 MB of floats in binary, JSON as gzip": Case(
        "floats", lambda: _with_gzip(binary(1_170_000, struct.pack("<f", 0.1), "FP32", out=False)), own=5
    ),
    "6 MB of flat JSON": Case(
        "floats",
        lambda: event(
            tensor(listed(b"0.123456,", 490_000, b"1"), [490_001], more=b',"parameters":{"binary_data_output":true}')
        ),
    ),
    "16 MB of flat JSON as gzip": Case(
        "floats",
        lambda: event(
            tensor(listed(b"0.5,", 4_190_000, b"1"), [4_190_001], more=b',"parameters":{"binary_data_output":true}'),
            packed=True,
            accept_encoding="gzip",
        ),
        own=16,
    ),
    "6 MB of nested JSON": Case(
        "matrix",
        lambda: event(
            tensor(
                listed(b"[0.5],", 1_000_000, b"[1]"), [1_000_001, 1], more=b',"parameters":{"binary_data_output":true}'
            ),
            packed=True,
            accept_encoding="gzip",
        ),
        own=4,
    ),
    "600,000 instances": Case(
        "floats",
        lambda: event(b'{"instances":' + listed(b'{"x":0.5},', 600_000, b'{"x":1}') + b"}", PREDICT, packed=True),
        own=3,
    ),
    "400,000 strings": Case("strings", lambda: binary(400_000, struct.pack("<I", 4) + b"text", "BYTES", packed=True)),
    "a string of 4 MB": Case("strings", lambda: binary(1, struct.pack("<I", 4_000_000) + b"a" * 4_000_000, "BYTES")),
    "10,000 texts": Case(
        "texts", lambda: event(tensor(listed(b'"funny dull",', 9999, b'"a"'), [10_000], "BYTES", "text"))
    ),
    **{name: Case("pictures", lambda make=make: event(make())) for name, make in LARGE_PICTURES.items()},
    **{name: Case("albums", lambda make=make: form_event(*make()), own=5) for name, make in LARGE_FORMS.items()},
}
"""Each is answered."""


def _named(count: int) -> bytes:
    inputs = b",".join(b'{"name":"%x","datatype":"FP32","shape":[0],"data":[]}' % i for i in range(count))
    return b'{"inputs":[' + inputs + b"]}"


def _with_gzip(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "headers": {**found["headers"], "accept-encoding": "gzip"}}
