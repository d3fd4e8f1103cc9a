"""Both JSON libraries read the same requests, refuse the same and say the same about them."""

import json
import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.manifests import signature_of

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.protocol import json_codec
from pilotlight_runtime.protocol.json_codec import dumps, dumps_finite, loads, loads_fast
from pilotlight_runtime.protocol.oip_request import RequestReader
from pilotlight_runtime.protocol.tfserving import read_predict_request

SIGNATURE = signature_of([("x", "FP32", (-1,))], [("y", "FP32", (-1,))])


@contextmanager
def library(fast: bool) -> Iterator[None]:  # noqa: FBT001  (one of two)
    """Which library reads: the state of a whole process, given back afterwards."""
    before = json_codec.fast.library, json_codec.fast.read
    json_codec.fast.library, json_codec.fast.read = None, 0
    if fast:
        json_codec.fast.use()
        assert json_codec.fast.library is not None
    try:
        yield
    finally:
        json_codec.fast.library, json_codec.fast.read = before


def outcome(read: Callable[[], Any]) -> Any:
    try:
        return repr(read())
    except RequestError as error:
        return error.status, str(error)


def question(raw: bytes) -> Any:
    found = RequestReader().read(raw, None)
    return {name: bytes(tensor.buffer) for name, tensor in found.request.inputs.items()}, found[1:]


def prediction(raw: bytes) -> Any:
    found = read_predict_request(raw, SIGNATURE)
    return {name: bytes(tensor.buffer) for name, tensor in found.request.inputs.items()}, found.rows


def both(raw: bytes) -> None:
    for read in (question, prediction):
        found = []
        for fast in (False, True):
            with library(fast):
                found.append(outcome(lambda read=read: read(raw)))
        assert found[0] == found[1]


NUMBERS = [
    *("0", "-0", "-0.0", "1", "1.5", "1e5", "1E+5", "0.1e-400", "5e-324", "1e38", "3.4028235e38", "3.5e38", "1e400"),
    *("18446744073709551615", "18446744073709551616", "-9223372036854775809", "1" + "0" * 30, "1" + "0" * 400),
    *("1" * 5000, "16777217", "0.30000001192092896", "1.", ".5", "01", "+1", "NaN", "Infinity", "-Infinity", "0x1"),
    *("true", "false", "null", '"1"', "[1]", "{}", "1_0", " 1 ", "1\n", "1,", ""),
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("datatype", ["FP32", "FP64", "FP16", "INT64", "UINT64", "INT8", "BOOL"])
def test_numbers(number: str, datatype: str) -> None:
    both(f'{{"inputs":[{{"name":"x","datatype":"{datatype}","shape":[2],"data":[1,{number}]}}]}}'.encode())


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_predictions(number: str) -> None:
    both(f'{{"instances":[0.5,{number}]}}'.encode())


REQUEST = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]%s}'


@pytest.mark.parametrize(
    "raw",
    [
        REQUEST % b',"id":"a","id":"b"',
        REQUEST % b',"id":"\\ud800"',
        REQUEST % b',"id":"\\ud83d\\ude00"',
        REQUEST % b',"id":"\x80"',
        REQUEST % b',"id":"a\nb"',
        REQUEST % b',"id":"\x00"',
        REQUEST % b',"id":18446744073709551616',
        REQUEST % b',"more":1e400',
        REQUEST % b',"parameters":{"binary_data_output":true}',
        REQUEST % (b',"more":' + b"[" * 5000 + b"]" * 5000),
        REQUEST % b"," + b"x",
        b"\xef\xbb\xbf" + REQUEST % b"",
        REQUEST % b"" + b" \r\n\t",
        REQUEST % b"" + b"{}",
        b'{"inputs":[{"name":"x","datatype":"FP32","shape":[18446744073709551616],"data":[1]}]}',
        b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1.0],"data":[1]}]}',
        b"{'inputs':[]}",
        b'{"inputs":[],}',
        b"[]",
        b'"',
        b"",
        b"\x00",
    ],
)
def test_documents(raw: bytes) -> None:
    both(raw)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from(["FP32", "FP64", "INT64", "UINT8", "BOOL", "BYTES"]), st.booleans())
def test_any_data(data: Any, datatype: str, ascii_only: bool) -> None:  # noqa: FBT001  (hypothesis calls it)
    tensor = {"name": "x", "datatype": datatype, "shape": [len(data) if isinstance(data, list) else 1], "data": data}
    document = {"inputs": [tensor], "instances": data}
    if datatype == "BYTES":
        document = {"instances": data}
    both(json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_float32_comes_back_as_it_was(numbers: list[float]) -> None:
    packed = struct.pack(f"<{len(numbers)}f", *numbers)
    for fast in (False, True):
        with library(fast):
            written = dumps_finite({"data": list(struct.unpack(f"<{len(numbers)}f", packed))})
            for document in (loads(written), loads_fast(written)[0], json.loads(written)):
                assert struct.pack(f"<{len(numbers)}f", *document["data"]) == packed


@given(values)
def test_both_write_the_same_document_in_ascii(document: Any) -> None:
    for fast in (False, True):
        with library(fast):
            written = dumps_finite(document)
        assert written.isascii()
        assert json.loads(written) == json.loads(dumps(document))


@given(st.binary(max_size=40), st.sampled_from([b"true", b"false", b"ul", b""]), st.binary(max_size=200))
def test_no_boolean_is_overlooked(before: bytes, word: bytes, after: bytes) -> None:
    raw = before + word + after
    with library(fast=True):
        _, doubts = loads_fast(json.dumps(raw.decode("latin-1")).encode())
    assert doubts.booleans >= (b"true" in raw or b"false" in raw)


@pytest.mark.parametrize("text", ["u" * 1000, "fal" * 1000, "rue", "alse", ""])
def test_without_booleans(text: str) -> None:
    _, doubts = loads_fast(json.dumps(text).encode())
    assert doubts.booleans == (len(text) > 100)  # too many letters to look at


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e309", "1" + "0" * 400, "0.5", "1.7976931348623157e308"])
def test_an_infinity_is_never_beyond_doubt(number: str) -> None:
    with library(fast=True):
        (found,), doubts = loads_fast(f"[{number}]".encode())
    assert doubts.infinities or math.isfinite(found)
    assert not doubts.infinities or number not in ("0.5", "1.7976931348623157e308")


def test_the_fast_library_comes_when_it_pays() -> None:
    row = json.dumps([0.5] * 1000).encode()
    with library(fast=False):
        for _ in range(json_codec.BREAK_EVEN // len(row)):
            loads_fast(row)
            assert json_codec.fast.library is None
        loads_fast(row)
        assert json_codec.fast.library is not None
