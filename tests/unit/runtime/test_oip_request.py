import json
from typing import Any

import pytest

from pilotlight_runtime.datatypes import BYTES, FP32, INT8
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.protocol.oip_request import OipRequest, RequestReader
from pilotlight_runtime.tensor import Tensor

X = {"name": "x", "datatype": "INT8", "shape": [2], "data": [1, 2]}


def asked(document: object, tail: bytes = b"") -> OipRequest:
    """Read twice: a reader that has read the JSON before says the same."""
    head = json.dumps(document).encode()
    reader, length = RequestReader(), str(len(head)) if tail else None
    first = reader.read(head + tail, length)
    assert reader.read(head + tail, length) == first
    return first


def binary(name: str, size: int, datatype: str = "INT8", shape: tuple[int, ...] = (2,)) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape), "parameters": {"binary_data_size": size}}


def test_a_request_with_everything() -> None:
    question = asked(
        {
            "id": "42",
            "parameters": {"binary_data_output": True},
            "inputs": [binary("a", 2), X, binary("b", 6, "BYTES", (1, 1))],
            "outputs": [{"name": "p"}, {"name": "q", "parameters": {"binary_data": False}}],
        },
        b"\3\4\2\0\0\0hi",
    )
    assert question.id == "42"
    assert question.request.inputs == {
        "a": Tensor(INT8, (2,), memoryview(b"\3\4")),
        "x": Tensor(INT8, (2,), memoryview(b"\1\2")),
        "b": Tensor(BYTES, (1, 1), (b"hi",)),
    }
    assert question.request.outputs == ("p", "q")
    assert question.binary == {"p": True, "q": False}
    assert question.binary_default


def test_a_request_with_the_least() -> None:
    question = asked({"inputs": []})
    assert question == OipRequest(question.request, None, {}, binary_default=False)
    assert (question.request.inputs, question.request.outputs) == ({}, ())


def test_unknown_fields_are_left_alone() -> None:
    document = {"inputs": [{**X, "parameters": {"content_type": "np"}, "more": 1}], "parameters": {"priority": 1}}
    assert list(asked(document).request.inputs) == ["x"]


def test_the_length_of_the_json_may_be_all_of_the_body() -> None:
    body = json.dumps({"inputs": [X]}).encode()
    assert list(RequestReader().read(body, f" {len(body)} ").request.inputs) == ["x"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "an inference request must be a JSON object, got []"),
        ({}, "inputs must be a list of tensors, got null"),
        ({"inputs": {}}, "inputs must be a list of tensors, got an object"),
        ({"inputs": [3]}, "inputs[0] must be an object, got 3"),
        ({"inputs": [{}]}, "inputs[0]: name must be a string, got null"),
        ({"inputs": [{**X, "name": 1}]}, "inputs[0]: name must be a string, got 1"),
        ({"inputs": [X, X]}, "input 'x' comes twice"),
        ({"inputs": [{**X, "datatype": "FP8"}]}, "input 'x': datatype 'FP8' is unknown; known are BOOL"),
        ({"inputs": [{**X, "datatype": None}]}, "input 'x': datatype null is unknown"),
        ({"inputs": [{**X, "datatype": "y" * 500}]}, "...' is unknown"),
        ({"inputs": [{**X, "shape": None}]}, "input 'x': shape must be a list of whole numbers"),
        ({"inputs": [{**X, "shape": [3]}]}, "input 'x': data has 2 elements, but shape [3] has 3"),
        ({"inputs": [{"name": "x", "datatype": "INT8", "shape": [2]}]}, "input 'x': data is missing"),
        ({"inputs": [{**X, "parameters": []}]}, "input 'x': parameters must be an object, got []"),
        ({"inputs": [{**X, "parameters": {"binary_data_size": 0}}]}, "give data or binary_data_size, not both"),
        ({"inputs": [binary("x", 2)]}, "binary_data_size must be at most the 0 bytes left"),
        ({"inputs": [{**X, "parameters": {"shared_memory_region": "r"}}]}, "parameter shared_memory_region is not"),
        ({"inputs": [], "id": 5}, "id must be a string of Unicode characters, got 5"),
        ({"inputs": [], "id": "\ud800"}, "id must be a string of Unicode characters, got '\\ud800'"),
        ({"inputs": [], "parameters": 5}, "the request: parameters must be an object, got 5"),
        ({"inputs": [], "parameters": {"binary_data_output": 1}}, "binary_data_output must be true or false, got 1"),
        ({"inputs": [], "outputs": {}}, "outputs must be a list, got an object"),
        ({"inputs": [], "outputs": ["y"]}, "outputs[0] must be an object, got 'y'"),
        ({"inputs": [], "outputs": [{"name": "y"}, {"name": "y"}]}, "output 'y' is asked for twice"),
        ({"inputs": [], "outputs": [{"name": "y", "parameters": {"binary_data": "yes"}}]}, "got 'yes'"),
        ({"inputs": [], "outputs": [{"name": "y", "parameters": {"classification": 3}}]}, "classification is not"),
    ],
)
def test_what_is_wrong_is_named(document: object, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(document)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("document", "tail", "message"),
    [
        ({"inputs": [binary("x", 3)]}, b"\1\2", "binary_data_size must be at most the 2 bytes left"),
        ({"inputs": [binary("x", 1)]}, b"\1\2", "binary_data_size is 1, but shape [2] of INT8 has 2 bytes"),
        ({"inputs": [binary("x", 2)]}, b"\1\2\3", "1 bytes follow the JSON and the binary inputs; expected none"),
        ({"inputs": [binary("x", -1)]}, b"\1\2", "got -1"),
        ({"inputs": [X]}, b"\1", "1 bytes follow the JSON"),
    ],
)
def test_wrong_binary_parts_are_named(document: object, tail: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(document, tail)
    assert message in str(caught.value)


@pytest.mark.parametrize("length", ["", "-1", "1.5", "x", "٣", "999", "9" * 5000, "5, 5"])
def test_a_wrong_header_length_is_named(length: str) -> None:
    with pytest.raises(InvalidRequest, match="Inference-Header-Content-Length must be the JSON's length"):
        RequestReader().read(b'{"inputs": []}', length)


@pytest.mark.parametrize(("body", "length"), [(b"", None), (b"abc", "0")])
def test_an_empty_body_is_named(body: bytes, length: str | None) -> None:
    with pytest.raises(InvalidRequest, match="the body is empty"):
        RequestReader().read(body, length)


def test_a_binary_tensor_lies_in_the_body_itself() -> None:
    head = json.dumps({"inputs": [binary("x", 4, "FP32", (1,))]}).encode()
    body = head + b"\1\2\3\4"
    tensor = RequestReader().read(body, str(len(head))).request.inputs["x"]
    assert tensor.datatype is FP32
    assert tensor.buffer.obj is body


def test_json_that_was_read_before_takes_other_numbers_and_no_other_length() -> None:
    head = json.dumps({"id": "1", "inputs": [binary("a", 2), binary("b", 4, "INT32", (1,))], "outputs": []}).encode()
    reader, length = RequestReader(), str(len(head))
    for tail in (b"\1\2\3\0\0\0", b"\3\4\5\0\0\0"):
        question = reader.read(head + tail, length)
        assert [bytes(tensor.buffer) for tensor in question.request.inputs.values()] == [tail[:2], tail[2:]]
        assert [tensor.shape for tensor in question.request.inputs.values()] == [(2,), (1,)]
        assert question.id == "1"
    for tail in (b"\1\2\3\0\0", b"\1\2\3\0\0\0\0", b""):
        with pytest.raises(InvalidRequest, match=r"binary_data_size must be|1 bytes follow"):
            reader.read(head + tail, length)


@pytest.mark.parametrize(("datatype", "wrong"), [("BOOL", b"\1\2"), ("BYTES", b"\1\0\0\0ab")])
def test_elements_that_must_be_looked_at_are_looked_at_each_time(datatype: str, wrong: bytes) -> None:
    right = b"\1\0" if datatype == "BOOL" else b"\2\0\0\0ab"
    count = 2 if datatype == "BOOL" else 1
    head = json.dumps({"inputs": [binary("a", len(right), datatype, (count,))]}).encode()
    reader, length = RequestReader(), str(len(head))
    reader.read(head + right, length)
    with pytest.raises(InvalidRequest, match="input 'a'"):
        reader.read(head + wrong, length)


def test_many_different_requests_are_read_all_the_same() -> None:
    reader = RequestReader()
    for number in range(100):
        head = json.dumps({"id": str(number), "inputs": [binary("a", 2)]}).encode()
        for _ in range(2):
            assert reader.read(head + b"\1\2", str(len(head))).id == str(number)
        assert 0 < len(reader._templates) <= 32
