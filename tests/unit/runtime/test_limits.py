"""What a request may take, and how a request over a limit is refused."""

import gc
import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest
from support.manifests import signature_of

from pilotlight_runtime.catalog import MAX_QUESTION_BYTES, CatalogService
from pilotlight_runtime.datatypes import BYTES, DATATYPES
from pilotlight_runtime.errors import InvalidRequest, NotFound, TooLarge
from pilotlight_runtime.limits import (
    DEFAULT_LIMITS,
    LEAST_MEMORY,
    MAX_TENSORS,
    MAX_UNPACKED_BYTES,
    MEGABYTE,
    MOST_MEMORY,
    Limits,
    request_limits,
    resident_bytes,
)
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import json_codec, routes
from pilotlight_runtime.protocol.compression import packs, unpack
from pilotlight_runtime.protocol.http import HttpRequest
from pilotlight_runtime.protocol.json_codec import loads, loads_fast
from pilotlight_runtime.protocol.json_tensors import decode_json
from pilotlight_runtime.protocol.oip_request import MAX_REREAD_BYTES, RequestReader
from pilotlight_runtime.protocol.tfserving import read_predict_request
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tensors import read_texts

VARIABLE = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
TEXTS = signature_of([("x", "BYTES", (-1,)), ("z", "BYTES", (-1,))], [("y", "FP32", (-1,))])


@pytest.mark.parametrize(
    ("memory", "resident", "expected"),
    [
        ("1769", 100, MOST_MEMORY),
        ("512", 112, MOST_MEMORY),
        ("256", 96, 120 * MEGABYTE),
        ("128", 120, LEAST_MEMORY),
        ("128", 400, LEAST_MEMORY),
        ("10240", 10_000, 180 * MEGABYTE),
        ("", 100, MOST_MEMORY),
        ("many", 100, MOST_MEMORY),
    ],
)
def test_the_memory_of_a_request_follows_the_functions(memory: str, resident: int, expected: int) -> None:
    assert request_limits({VARIABLE: memory}, lambda: resident * MEGABYTE).memory == expected


def test_outside_lambda_the_limits_are_the_defaults() -> None:
    assert request_limits({}) is DEFAULT_LIMITS
    assert DEFAULT_LIMITS.memory == MOST_MEMORY
    assert (DEFAULT_LIMITS.unpacked, DEFAULT_LIMITS.strings) == (MAX_UNPACKED_BYTES, 400_000)
    assert (Limits(24_000_000).unpacked, Limits(24_000_000).strings) == (6_000_000, 80_000)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux alone has /proc/self/statm")
def test_the_memory_of_the_process_is_read() -> None:
    before = resident_bytes()
    held = bytearray(b"x") * (50 * MEGABYTE)
    assert 45 * MEGABYTE < resident_bytes() - before < 60 * MEGABYTE
    del held


@pytest.mark.parametrize("read", [loads, loads_fast])
def test_json_that_would_take_too_much_memory_is_refused_before_it_is_parsed(read: Any) -> None:
    raw = b"[" + b"[]," * 100_000 + b"1]"
    with pytest.raises(TooLarge, match=r"reading the 300003 bytes of JSON would take about \d+ MB of memory, the most"):
        read(raw, 5_000_000)
    read(raw, 50_000_000)


def test_a_large_document_is_parsed_without_the_garbage_collector_which_goes_on_afterwards() -> None:
    raw = b"[" + b"[0]," * 400_000 + b"1]"
    collections = gc.get_stats()[0]["collections"]
    document = loads(raw)
    assert gc.get_stats()[0]["collections"] == collections
    assert len(document) == 400_001
    assert gc.isenabled()
    with pytest.raises(InvalidRequest):
        loads(raw[:-1])
    assert gc.isenabled()
    gc.disable()
    try:
        loads(raw)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("elements", "readings"), [(MAX_REREAD_BYTES // 4, 0), (100, 1)])
def test_a_long_request_that_is_refused_is_parsed_once(elements: int, readings: int) -> None:
    """Python's parser would find the same, in two more seconds of work. It reads a short request again."""
    json_codec.fast.use()
    if json_codec.fast.library is None:
        pytest.skip("orjson is not installed")
    data = "0.5," * elements
    asked = f'{{"inputs": [{{"name": "x", "datatype": "FP32", "shape": [7], "data": [{data}1e30]}}]}}'.encode()
    with count_calls(loads) as calls, pytest.raises(InvalidRequest, match=f"data has {elements + 1} elements, but"):
        RequestReader().read(asked, None)
    assert len(calls) == readings


@contextmanager
def count_calls(function: FunctionType) -> Iterator[list[str]]:
    """Inside the block, each call of a function adds its name to the list."""
    calls: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            calls.append(function.__name__)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("index", [0, 1, 49_999, 99_998, 99_999])
@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [("FP32", 0.5, None), ("FP32", 1, 1e300), ("INT8", 7, 300), ("FP16", 0.5, float("inf")), ("FP32", 1.5, True)],
)
def test_the_first_wrong_element_is_found_by_halving(index: int, datatype: str, good: Any, bad: Any) -> None:

    data = [good] * 100_000
    data[index] = bad
    data[-1] = bad
    with pytest.raises(InvalidRequest, match=rf"data\[{index}\] must be"):
        decode_json("input 'x'", DATATYPES[datatype], (100_000,), data)


@pytest.mark.parametrize("field", ["inputs", "outputs"])
def test_a_request_lists_a_bounded_number_of_tensors(field: str) -> None:
    items = [{"name": str(number), "datatype": "FP32", "shape": [0], "data": []} for number in range(MAX_TENSORS + 1)]
    document = {"inputs": items[:1], field: items}
    with pytest.raises(InvalidRequest, match=rf"{field} lists 10001 tensors, the most is 10000"):
        RequestReader().read(json.dumps(document).encode(), None)
    document[field] = items[:-1]
    RequestReader().read(json.dumps(document).encode(), None)


def strings(*counts: int) -> bytes:
    inputs = [
        {"name": name, "datatype": "BYTES", "shape": [count], "data": ["a"] * count}
        for name, count in zip("xz", counts, strict=False)
    ]
    return json.dumps({"inputs": inputs}).encode()


def test_all_strings_of_a_request_count_together() -> None:
    limits = Limits(300 * 1000)
    reader = RequestReader(limits)
    assert len(reader.read(strings(600, 400), None).request.inputs) == 2
    with pytest.raises(TooLarge, match="input 'z' has 401 BYTES elements, the most left for this request is 400"):
        reader.read(strings(600, 401), None)
    binary = {"name": "x", "datatype": "BYTES", "shape": [1001], "parameters": {"binary_data_size": 4004}}
    head = json.dumps({"inputs": [binary]}).encode()
    with pytest.raises(TooLarge, match="1001 BYTES elements"):
        reader.read(head + bytes(4004), str(len(head)))
    columns = {"x": ["a"] * 600, "z": ["a"] * 401}
    with pytest.raises(TooLarge, match="input 'z' has 401 BYTES elements"):
        read_predict_request(json.dumps({"inputs": columns}).encode(), TEXTS, limits)


def test_the_catalog_unpacks_no_more_than_a_question() -> None:
    request = HttpRequest("POST", "/v2/repository/index", {"content-encoding": "gzip"}, gzip.compress(bytes(10**7)))
    with pytest.raises(TooLarge, match=f"unpacks to more than {MAX_QUESTION_BYTES} bytes"):
        CatalogService([]).answer(request, Trace(lambda: 0.0))


def test_a_body_unpacks_to_what_the_limits_say() -> None:
    packed = gzip.compress(bytes(1000))
    assert len(unpack(packed, "gzip", 1000)) == 1000
    with pytest.raises(TooLarge, match="unpacks to more than 999 bytes"):
        unpack(packed, "gzip", 999)


def test_a_path_longer_than_api_gateway_passes_has_no_route() -> None:
    assert routes.route("GET", "/v2/models/" + "a" * 10_000).model == "a" * 10_000
    with pytest.raises(NotFound):
        routes.route("GET", "/v2/models/" + "%41" * 10_000)


def test_an_accept_encoding_longer_than_api_gateway_passes_is_not_read() -> None:
    assert packs("br, " * 1000 + "gzip")
    assert not packs("br, " * 10_000 + "gzip")


def test_the_number_of_texts_is_bounded() -> None:
    tensor = Tensor(BYTES, (10_001,), (b"a",) * 10_001)
    with pytest.raises(InvalidRequest, match="input 'text' has 10001 texts; the most is 10000"):
        read_texts("text", tensor, 10)
    assert len(read_texts("text", tensor, 10, most=20_000)) == 10_001
