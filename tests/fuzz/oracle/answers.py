"""Compares an answer with what is expected of it."""

from __future__ import annotations

import binascii
import zlib
from math import prod
from typing import Any, NamedTuple

import numpy as np

from fuzz.arrays import Array, Arrays, bits, texts
from fuzz.oracle.elements import read_bytes, read_data
from fuzz.oracle.expected import COLUMNS, DIRECT, ROWS, Expected, Invalid, Request
from fuzz.oracle.json_text import read_strict
from fuzz.oracle.models import is_text
from fuzz.packaging import Packaged

MOST_ANSWER = 6_291_556
"""Lambda's limit on an answer, from its error message."""

EXCEPTION = "exception out of the handler"
MALFORMED_ANSWER, WRONG_DATA, ACCEPTED, REFUSED, FAILED, WRONG_STATUS, TOO_LARGE = (
    *("malformed answer", "wrong data", "invalid request answered 200", "valid request refused"),
    *("500 for the caller's data", "wrong status", "answer over Lambda's limit"),
)


class Fault(NamedTuple):
    """What is wrong with an answer: a kind, and a few words."""

    kind: str
    detail: str


class _Answer(NamedTuple):
    status: int
    head: Any
    tail: bytes


class _Wrong(Exception):
    """The answer is another one than is expected."""


def find_fault(packaged: Packaged, expected: Expected, raw: bytes) -> tuple[int, Fault | None]:
    """Judges an answer.

    Args:
        packaged: The function.
        expected: What the oracle expects.
        raw: The answer, as the runtime client sends it.

    Returns:
        The answer's status, 0 where it has none, and what is wrong with it, if anything.
    """
    if len(raw) > MOST_ANSWER:
        return 0, Fault(TOO_LARGE, f"{len(raw)} bytes")
    try:
        answer = _read(raw, expected)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        return 0, Fault(MALFORMED_ANSWER, f"{type(error).__name__}: {error}; {raw[:200]!r}")
    return answer.status, _compare(packaged, expected, answer)


def _compare(packaged: Packaged, expected: Expected, answer: _Answer) -> Fault | None:
    if answer.status != 200:
        return _compare_refusal(expected, answer)
    if expected.statuses and not expected.lenient:
        return Fault(ACCEPTED, f"expected {sorted(expected.statuses)}: {expected.reason}")
    try:
        _check(packaged, expected, answer)
    except (_Wrong, Invalid, ValueError, KeyError, TypeError, IndexError) as error:
        return Fault(WRONG_DATA, f"{type(error).__name__.strip('_')}: {error}")
    return None


def _check(packaged: Packaged, expected: Expected, answer: _Answer) -> None:
    """Raises where an answer of status 200 is wrong."""
    request, outputs = expected.request, expected.outputs
    if request is None or outputs is None:
        if expected.document is not None and answer.head != expected.document:
            raise _Wrong(f"got {answer.head!r}, expected {expected.document!r}")
        return
    wanted = request.outputs or tuple(spec.name for spec in packaged.target.outputs)
    datatypes = {spec.name: spec.datatype for spec in packaged.target.outputs}
    if request.form in (ROWS, COLUMNS):
        field = "predictions" if request.form == ROWS else "outputs"
        if answer.head.keys() != {field}:
            raise _Wrong(f"fields {sorted(answer.head)}")
        _check_serving(request, wanted, datatypes, outputs, answer.head[field])
        return
    head = {"model_name": packaged.target.name, "model_version": packaged.version}
    head |= {"id": request.id} if request.id is not None else {}
    if {name: value for name, value in answer.head.items() if name != "outputs"} != head:
        raise _Wrong(f"fields {sorted(answer.head)}, or their values")
    if [output["name"] for output in answer.head["outputs"]] != list(wanted):
        raise _Wrong("other outputs, or in another order")
    _check_outputs(request, datatypes, outputs, answer)


def _compare_refusal(expected: Expected, answer: _Answer) -> Fault | None:
    words = answer.head.get("error") if isinstance(answer.head, dict) else None
    if not isinstance(words, str) or not words:
        return Fault(MALFORMED_ANSWER, f"status {answer.status} without an error: {answer.head!r}")
    if answer.status in expected.statuses:
        return None
    if answer.status >= 500:
        return Fault(FAILED, f"{words}; {expected.reason or 'the request is valid'}")
    if expected.lenient or expected.unknown:
        return None
    if expected.statuses:
        return Fault(
            WRONG_STATUS, f"{answer.status} instead of {sorted(expected.statuses)}: {expected.reason}; {words}"
        )
    return Fault(REFUSED, f"{answer.status}: {words}")


def _read(raw: bytes, expected: Expected) -> _Answer:
    document = read_strict(raw.decode())
    if not isinstance(document, dict):
        raise TypeError("the answer is no object")
    if not expected.proxy and "statusCode" not in document:  # with it: refused before it was known to be direct
        status = document.get("status", 200) if "error" in document else 200
        if status != 200 and document.keys() - {"error", "status", "request_id"}:
            raise ValueError("other fields than error and status")
        return _Answer(status, document, b"")
    if document.keys() != {"statusCode", "headers", "body", "isBase64Encoded"}:
        raise ValueError("other fields than API Gateway takes")
    headers, body = document["headers"], document["body"]
    if not all(isinstance(value, str) for value in headers.values()) or type(document["statusCode"]) is not int:
        raise TypeError("headers that are no text, or a status that is no number")
    if not expected.proxy and document["statusCode"] == 200:
        raise ValueError("a direct invocation answered as API Gateway's are")
    content = binascii.a2b_base64(body, strict_mode=True) if document["isBase64Encoded"] else body.encode()
    encoding = headers.get("Content-Encoding")
    if encoding:
        content = zlib.decompress(content, 31 if encoding == "gzip" else 15)
    length = int(headers.get("Inference-Header-Content-Length", len(content)))
    words = expected.request is not None and expected.request.form in (ROWS, COLUMNS)
    head = read_strict(content[:length].decode(), words=words and document["statusCode"] == 200)
    return _Answer(document["statusCode"], head, content[length:])


def _check_outputs(request: Request, datatypes: dict[str, str], outputs: Arrays, answer: _Answer) -> None:
    """The outputs of an inference response, in JSON or in the binary tensors after it."""
    tail = answer.tail
    for output in answer.head["outputs"]:
        name, shape = output["name"], tuple(output["shape"])
        if output["datatype"] != datatypes[name]:
            raise _Wrong(f"{name} is {output['datatype']}")
        if request.form != DIRECT and request.binary.get(name, request.binary_default):
            size = output["parameters"]["binary_data_size"]
            content, tail = tail[:size], tail[size:]
            if name in outputs:
                _check_equal(name, read_bytes(datatypes[name], shape, content), outputs[name], request)
        elif name in outputs:
            _check_equal(name, read_data(datatypes[name], shape, output["data"]), outputs[name], request)
    if tail:
        raise _Wrong("bytes after the last output")


def _check_equal(name: str, found: Array, wanted: Array, request: Request) -> None:
    """Bit by bit; IEEE 754 leaves the bits of a NaN open where it is computed and not passed on."""
    if found.shape != wanted.shape:
        raise _Wrong(f"{name} has shape {found.shape}, expected {wanted.shape}")
    passed_on = any(wanted is array for array in request.inputs.values())
    if bits(found) != bits(wanted) and (passed_on or not _same_but_for_nans(found, wanted)):
        raise _Wrong(f"{name} is {found.ravel()[:8]!r}, expected {wanted.ravel()[:8]!r}")


def _same_but_for_nans(found: Array, wanted: Array) -> bool:
    if found.dtype.kind != "f":
        return False
    nans = np.isnan(wanted)
    return bool((np.isnan(found) == nans).all()) and bits(found[~nans]) == bits(wanted[~nans])


def _check_serving(
    request: Request, wanted: tuple[str, ...], datatypes: dict[str, str], outputs: Arrays, value: Any
) -> None:
    """TensorFlow Serving's answer: nested values; names only where there are several outputs."""
    for name in wanted:
        found = value
        if len(wanted) > 1:
            found = [row[name] for row in value] if request.form == ROWS else value[name]
        if name not in outputs:
            continue
        array = outputs[name]
        flat = [found]
        for size in array.shape:
            if any(not isinstance(item, list) or len(item) != size for item in flat):
                raise _Wrong(f"{name} is nested otherwise than {array.shape}")
            flat = [inner for item in flat for inner in item]
        if datatypes[name] == "BYTES":
            as_text = not name.endswith("_bytes") and all(map(is_text, array.ravel()))
            flat = [item.encode() if as_text else binascii.a2b_base64(item["b64"], strict_mode=True) for item in flat]
            _check_equal(name, texts(flat, array.shape), array, request)
        elif prod(array.shape):
            _check_equal(name, read_data(datatypes[name], (len(flat),), flat).reshape(array.shape), array, request)
