"""Inference requests of the Open Inference Protocol v2 with Triton's binary tensors, decoded from the documents alone.

Where they are silent, the project's rules are: unknown fields and parameters are ignored, except those of Triton's
extensions that would change the answer (`classification`, `shared_memory_region`); null stands for a field that is not
there; an empty list of outputs asks for all; each input and output comes once.
"""

from __future__ import annotations

import math
import re
from typing import Any

from fuzz.arrays import DATATYPES, Arrays
from fuzz.oracle.elements import read_bytes, read_data, read_shape
from fuzz.oracle.expected import OIP, TOO_LARGE, Invalid, Request
from fuzz.oracle.json_text import read_json

_MOST_STRINGS = 400_000
"""docs/protocols.md, Limits."""
_LENGTH = re.compile(r"[0-9]{1,10}")
_UNSUPPORTED = ("classification", "shared_memory_region")


def read_body(body: bytes, header_length: str | None) -> Request:
    """Reads the body of an inference request; Invalid where it is none."""
    head, tail = body, b""
    if header_length is not None:
        text = header_length.strip()
        if not _LENGTH.fullmatch(text) or int(text) > len(body):
            raise Invalid("a wrong Inference-Header-Content-Length")
        head, tail = body[: int(text)], body[int(text) :]
    return read_document(read_json(head), tail)


def read_document(document: Any, tail: bytes = b"", form: str = OIP) -> Request:
    """Reads a parsed request and the bytes that follow it."""
    if not isinstance(document, dict):
        raise Invalid("no object")
    identity = document.get("id")
    if identity is not None and not isinstance(identity, str):
        raise Invalid("an id that is no string")
    if identity is not None and any("\ud800" <= character <= "\udfff" for character in identity):
        raise Invalid("an id with half of a surrogate pair: JSON may have one (RFC 8259, 8.2), UTF-8 cannot")
    inputs, datatypes = _inputs(document.get("inputs"), tail)
    default = _flag(_parameters(document), "binary_data_output", default=False)
    binary = _outputs(document.get("outputs"), default=default)
    return Request(inputs, datatypes, form, tuple(binary), binary, default, identity)


def _inputs(items: Any, tail: bytes) -> tuple[Arrays, dict[str, str]]:
    if not isinstance(items, list):
        raise Invalid("no list of inputs")
    found, datatypes = {}, {}
    for item in items:
        name = _name(item)
        if name in found:
            raise Invalid("an input twice")
        datatype = item.get("datatype")
        if not isinstance(datatype, str) or datatype not in DATATYPES:
            raise Invalid("an unknown datatype")
        datatypes[name] = datatype
        shape = read_shape(item.get("shape"))
        if datatype == "BYTES" and math.prod(shape) > _MOST_STRINGS:
            raise Invalid("too many elements of BYTES", TOO_LARGE)
        size = _parameters(item).get("binary_data_size")
        if (size is None) == ("data" not in item):
            raise Invalid("data in no form, or in two")
        if size is None:
            found[name] = read_data(datatype, shape, item["data"])
        else:
            if type(size) is not int or not 0 <= size <= len(tail):
                raise Invalid("a wrong binary_data_size")
            found[name] = read_bytes(datatype, shape, tail[:size])
            tail = tail[size:]
    if tail:
        raise Invalid("bytes after the last tensor")
    return found, datatypes


def _outputs(items: Any, *, default: bool) -> dict[str, bool]:
    if items is None:
        return {}
    if not isinstance(items, list):
        raise Invalid("outputs that are no list")
    found: dict[str, bool] = {}
    for item in items:
        name = _name(item)
        if name in found:
            raise Invalid("an output twice")
        found[name] = _flag(_parameters(item), "binary_data", default=default)
    return found


def _name(item: Any) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise Invalid("a tensor without a name")
    name: str = item["name"]
    return name


def _parameters(item: dict[str, Any]) -> dict[str, Any]:
    found = item.get("parameters")
    if found is None:
        return {}
    if not isinstance(found, dict) or any(found.get(name) for name in _UNSUPPORTED):
        raise Invalid("parameters that cannot be honoured")
    return found


def _flag(parameters: dict[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise Invalid(f"{name} is neither true nor false")
    return value
