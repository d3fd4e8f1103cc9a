"""A direct invocation is answered as it is by way of JSON, byte for byte; but no JSON is written and read for it."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.codec_table import TABLE
from support.handler_calls import Called
from support.manifests import signature_of
from support.onnx_models import add_model, fill_model, identity_model, package

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InvalidRequest, RequestError
from pilotlight_runtime.events import read_event, render_direct, render_proxy
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import json_codec
from pilotlight_runtime.protocol.http import HttpRequest, error_response
from pilotlight_runtime.protocol.json_documents import inspect_document
from pilotlight_runtime.service import ModelService

INFER = "/v2/models/tiny/infer"
NOT_JSON = "the event has NaN, infinity or too deep a nesting, or is no JSON"
HALF = chr(0xD800)


class Function:
    """One model's function, and what it answers by way of JSON."""

    def __init__(self, folder: Path) -> None:
        self.called = Called(folder)
        self._service = ModelService(load_model(folder, open_session, 1))

    def by_way_of_json(self, event: Any) -> Any:
        """The event as JSON in the body of an HTTP request, and the body of the answer read again."""
        try:
            body = json_codec.dumps(event)
        except (ValueError, TypeError, RecursionError):
            return render_proxy(error_response(InvalidRequest(NOT_JSON), ""))
        try:
            return render_direct(self._service.answer(HttpRequest("POST", INFER, {}, body), Trace(lambda: 0.0)))
        except RequestError as error:
            return render_direct(error_response(error, ""))

    def check(self, event: Any) -> Any:
        """The answer to `event`, with either parser, which must be that by way of JSON."""
        for fast in (False, True):
            with parser(fast=fast):
                answer, expected = self.called.handler(event, None), self.by_way_of_json(event)
            assert json.dumps(answer) == json.dumps(expected)
            assert repr(answer) == repr(expected)
        return answer


@contextmanager
def parser(*, fast: bool) -> Iterator[None]:
    """Python's own parser, or orjson where `fast`."""
    before = json_codec.fast.library, json_codec.fast.read
    json_codec.fast.library, json_codec.fast.read = None, 0
    if fast:
        json_codec.fast.use()
    try:
        yield
    finally:
        json_codec.fast.library, json_codec.fast.read = before


def tensor(name: str, datatype: str, shape: list[int], data: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data, **more}


AB = [tensor(name, "FP32", [1, 3], [1.5, 2, 1e-7]) for name in "ab"]
NESTED: list[Any] = [1]
for _ in range(500):
    NESTED = [NESTED]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Function:
    folder = tmp_path_factory.mktemp("pair")
    sides = [[(name, "FP32", (-1, 3)) for name in names] for names in (("a", "b"), ("sum", "difference"))]
    package(folder, add_model(), signature_of(*sides))
    return Function(folder)


def identity(folder: Path, datatype: str) -> Function:
    ends = [("x", datatype, (-1,))], [("y", datatype, (-1,))]
    package(folder, identity_model(datatype, (-1,)), signature_of(*ends))
    return Function(folder)


@pytest.fixture(scope="module")
def each(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Function]:
    return {name: identity(tmp_path_factory.mktemp(name), name) for name in TABLE}


@pytest.mark.parametrize("datatype", sorted(TABLE))
def test_every_datatype(each: dict[str, Function], datatype: str) -> None:
    data, _ = TABLE[datatype]
    answer = each[datatype].check({"inputs": [tensor("x", datatype, [len(data)], data)]})
    assert answer["outputs"][0]["data"] == data


OUT_OF_RANGE = [2**64, 2**70, -(2**63) - 1, 1e39, -1e308, 1.0, True, None, "1", [1], {}, math.nan, math.inf, 10**400]


@pytest.mark.parametrize("datatype", sorted(TABLE))
@pytest.mark.parametrize("element", OUT_OF_RANGE, ids=lambda element: repr(element)[:20])
def test_every_element_is_taken_or_refused(each: dict[str, Function], datatype: str, element: Any) -> None:
    each[datatype].check({"inputs": [tensor("x", datatype, [2], [element, element])]})


STRINGS = ["", "naïve ✓", "\0", '\n"\\', "😀", HALF, "\ud83d\ude00", "a" * 3000]


@pytest.mark.parametrize("text", STRINGS, ids=lambda text: ascii(text)[:20])
def test_texts(each: dict[str, Function], text: str) -> None:
    each["BYTES"].check({"id": text, "inputs": [tensor("x", "BYTES", [1], [text])]})


REQUESTS: dict[str, Any] = {
    "plain": {"inputs": AB},
    "id": {"id": "é", "inputs": AB},
    "nested data": {"inputs": [{**AB[0], "data": [[1, 2, 3]]}, AB[1]]},
    "outputs": {"inputs": AB, "outputs": [{"name": "difference"}, {"name": "sum"}]},
    "one output": {"inputs": AB, "outputs": [{"name": "sum", "parameters": {"binary_data": False}}]},
    "binary output": {"inputs": AB, "outputs": [{"name": "sum", "parameters": {"binary_data": True}}]},
    "binary outputs": {"inputs": AB, "parameters": {"binary_data_output": True}},
    "binary input": {"inputs": [{**AB[0], "parameters": {"binary_data_size": 12}}, AB[1]]},
    "parameter": {"inputs": AB, "parameters": {"classification": 3}},
    "flag": {"inputs": AB, "parameters": {"binary_data_output": 1}},
    "no list": {"inputs": {"a": 1}},
    "nothing": {"inputs": []},
    "missing": {"inputs": AB[:1]},
    "twice": {"inputs": [*AB, AB[0]]},
    "extra": {"inputs": [*AB, {**AB[0], "name": "c"}]},
    "output": {"inputs": AB, "outputs": [{"name": "z"}]},
    "datatype": {"inputs": [{**AB[0], "datatype": "FP64"}, AB[1]]},
    "unknown datatype": {"inputs": [{**AB[0], "datatype": "FP8"}, AB[1]]},
    "shape": {"inputs": [{**AB[0], "shape": [3]}, AB[1]]},
    "huge shape": {"inputs": [{**AB[0], "shape": [2**80, 0]}, AB[1]]},
    "count": {"inputs": [{**AB[0], "data": [1, 2]}, AB[1]]},
    "element": {"inputs": [{**AB[0], "data": [1, 2, "3"]}, AB[1]]},
    "boolean": {"inputs": [{**AB[0], "data": [1, 2, True]}, AB[1]]},
    "boolean elsewhere": {"inputs": [{**AB[0], "note": True}, AB[1]]},
    "id of another type": {"inputs": AB, "id": 7},
    "NaN": {"inputs": [{**AB[0], "data": [1, 2, math.nan]}, AB[1]]},
    "NaN that nobody reads": {"inputs": AB, "note": math.nan},
    "infinity in an object": {"inputs": AB, "note": {"a": [{"b": -math.inf}]}},
    "a sum that overflows": {"inputs": AB, "note": [1.7e308, 1.7e308]},
    "nested deeply": {"inputs": AB, "note": NESTED},
    "tuples": {"inputs": tuple({**each, "shape": (1, 3), "data": (1, 2, 3)} for each in AB)},
    "keys that are no strings": {"inputs": AB, 1: None},
    "no JSON": {"inputs": AB, "note": {1, 2}},
    "bytes": {"inputs": [{**AB[0], "data": b"123"}, AB[1]]},
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests(pair: Function, name: str) -> None:
    pair.check(REQUESTS[name])


@pytest.mark.parametrize("count", [10_000, 161_000, 162_000, 400_000, 2_000_000])
def test_large_answers(tmp_path: Path, count: int) -> None:
    ends = [("count", "INT64", (1,))], [("zeros", "FP32", (-1,))]
    package(tmp_path, fill_model(), signature_of(*ends))
    answer = Function(tmp_path).check({"inputs": [tensor("count", "INT64", [1], [count])]})
    assert ("outputs" in answer) == (count < 2_000_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TENSORS = st.fixed_dictionaries(
    {
        "name": st.just("x") | st.text() | JSON,
        "datatype": st.just("FP64") | st.sampled_from(sorted(DATATYPES)) | JSON,
        "shape": st.sampled_from([[2], [0], [4], []]) | JSON,
    },
    optional={
        "data": st.lists(st.floats() | st.integers(), min_size=2, max_size=2) | JSON,
        "parameters": st.dictionaries(st.sampled_from(["binary_data_size"]), st.integers(0, 20) | JSON) | JSON,
    },
)
NEARLY_VALID = st.fixed_dictionaries(
    {"inputs": st.lists(TENSORS, max_size=2) | JSON},
    optional={
        "id": st.text(st.characters(exclude_categories=())) | JSON,
        "outputs": st.lists(st.fixed_dictionaries({"name": st.just("y") | JSON, "parameters": JSON})) | JSON,
        "parameters": st.fixed_dictionaries({"binary_data_output": st.booleans() | JSON}) | JSON,
    },
)


@given(NEARLY_VALID)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_nearly_valid_requests(each: dict[str, Function], event: Any) -> None:
    each["FP64"].check(event)


@given(JSON)
@settings(deadline=None, max_examples=200)
def test_a_document_that_passes_is_the_same_after_json(document: Any) -> None:
    doubts = inspect_document(document)
    if doubts is not None:
        for fast in (False, True):
            with parser(fast=fast):
                read, seen = json_codec.loads_fast(json_codec.dumps(document))
            assert repr(read) == repr(document)
            assert doubts.booleans <= seen.booleans


JSON_FUNCTIONS = (json_codec.dumps, json_codec.dumps_finite, json_codec.loads, json_codec.loads_fast)


def called_json_functions(handler: Any, event: dict[str, Any]) -> tuple[Any, set[str]]:
    """The handler's answer, and which JSON functions it called for it."""
    called: set[object] = set()
    sys.setprofile(lambda frame, kind, _: called.add(frame.f_code) if kind == "call" else None)
    try:
        answer = handler(event, None)
    finally:
        sys.setprofile(None)
    return answer, {each.__name__ for each in JSON_FUNCTIONS if each.__code__ in called}


def test_no_json_is_written_or_read_for_a_valid_request(pair: Function) -> None:
    """Neither parser nor writer is called; the log's lines are made of strings."""
    event = {"inputs": AB}
    assert read_event(event, INFER).request.body == b""
    answer, called = called_json_functions(pair.called.handler, event)
    assert answer["outputs"][0]["data"] == [3.0, 4.0, pytest.approx(2e-7)]
    assert called == set()
    as_text = {"httpMethod": "POST", "path": INFER, "headers": {}, "body": json.dumps(event), "isBase64Encoded": False}
    answer, called = called_json_functions(pair.called.handler, as_text)
    assert answer["statusCode"] == 200
    assert called & {"loads", "loads_fast"}
