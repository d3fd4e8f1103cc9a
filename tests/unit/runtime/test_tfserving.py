import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from support.manifests import manifest_of, signature_of

from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.protocol.json_codec import fast
from pilotlight_runtime.protocol.tfserving import PredictRequest, model_status, read_predict_request
from pilotlight_runtime.protocol.tfserving_response import write_predict_response
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferResponse

ONE = signature_of([("x", "FP32", (-1, 2))], [("y", "FP32", (-1, 2))])
TWO = signature_of([("a", "FP32", (-1,)), ("t", "BYTES", (-1,))], [("y", "FP32", (-1,))])
WHOLE = signature_of([("x", "INT64", (-1,))], [("y", "FP32", (-1,))])
BRAIN = signature_of([("x", "BF16", (-1, 1))], [("y", "FP32", (-1,))])
TEXT = signature_of([("t", "BYTES", (-1, -1))], [("y", "FP32", (-1,))])


def read(document: object, signature: Signature = ONE) -> PredictRequest:
    return read_predict_request(json.dumps(document).encode(), signature)


def fp32(shape: tuple[int, ...], *values: float) -> Tensor:
    return Tensor(FP32, shape, memoryview(struct.pack(f"<{len(values)}f", *values)))


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"instances": [[1, 2], [3, 4]]}, 2),
        ({"instances": [{"x": [1, 2]}, {"x": [3, 4]}], "signature_name": "serving_default"}, 2),
        ({"inputs": [[1, 2], [3, 4]], "signature_name": ""}, None),
        ({"inputs": {"x": [[1, 2], [3, 4]]}}, None),
    ],
)
def test_rows_and_columns_are_the_same_tensors(document: object, rows: int | None) -> None:
    prediction = read(document)
    assert prediction.request.inputs == {"x": fp32((2, 2), 1, 2, 3, 4)}
    assert prediction.rows == rows


def test_several_inputs_by_row_and_by_column() -> None:
    rows = read({"instances": [{"a": 1, "t": "x"}, {"a": 2, "t": {"b64": "/wA="}}]}, TWO)
    columns = read({"inputs": {"a": [1, 2], "t": ["x", {"b64": "/wA="}]}}, TWO)
    assert rows.request.inputs == {"a": fp32((2,), 1, 2), "t": Tensor(BYTES, (2,), (b"x", b"\xff\0"))}
    assert columns.request.inputs == rows.request.inputs


def test_bytes_stand_alone_as_instances() -> None:
    prediction = read({"instances": [[{"b64": "aGk="}, "é"]]}, TEXT)
    assert prediction.request.inputs == {"t": Tensor(BYTES, (1, 2), (b"hi", "é".encode()))}


def test_a_scalar_by_column() -> None:
    scalar = signature_of([("x", "FP32", ())], [("y", "FP32", ())])
    assert read({"inputs": 2.5}, scalar).request.inputs == {"x": fp32((), 2.5)}
    text = signature_of([("x", "BYTES", ())], [("y", "FP32", ())])
    assert read({"inputs": {"b64": "aGk="}}, text).request.inputs == {"x": Tensor(BYTES, (), (b"hi",))}


@pytest.mark.parametrize(
    ("document", "signature", "message"),
    [
        ([], ONE, "must be a JSON object with either instances or inputs"),
        ({}, ONE, "either instances or inputs"),
        ({"instances": [], "inputs": []}, ONE, "either instances or inputs"),
        ({"instances": []}, ONE, "at least one instance, got []"),
        ({"instances": 3}, ONE, "at least one instance, got 3"),
        ({"instances": [[1, 2]], "signature_name": "other"}, ONE, "signature_name must be 'serving_default', got 'o"),
        ({"instances": [[1, 2]], "signature_name": []}, ONE, "signature_name must be 'serving_default', got []"),
        ({"instances": [1, 2]}, TWO, "instances must name the model's inputs, which are 'a', 't'"),
        ({"inputs": [1, 2]}, TWO, "inputs must name the model's inputs, which are 'a', 't'"),
        ({"instances": [{"a": 1, "t": "x"}, {"a": 2}]}, TWO, "instances[1] must have the same inputs as the others"),
        ({"instances": [{"x": [1, 2]}, [3, 4]]}, ONE, "instances[1] must have the same inputs"),
        ({"instances": [[3, 4], {"x": [1, 2]}]}, ONE, "instances[0] must have the same inputs"),
        ({"inputs": {"z": [1]}}, ONE, "input 'z' is not one of the model's, which are 'x'"),
        ({"instances": [[1, 2], [3]]}, ONE, "instances[1] must be a list of 2 as instances[0] is, got [3]"),
        ({"instances": [[1, 2], 3]}, ONE, "instances[1] must be a list of 2 as instances[0] is, got 3"),
        (
            {"instances": [{"x": [1, 2]}, {"x": 3}]},
            ONE,
            "instances[1]['x'] must be a list of 2 as instances[0]['x'] is",
        ),
        ({"inputs": {"x": [[1, 2], [3]]}}, ONE, "inputs['x'][1] must be a list of 2 as inputs['x'][0] is, got [3]"),
        ({"inputs": [[[1], [2]], [[3], 4]]}, ONE, "inputs[1][1] must be a list of 1 as inputs[0][0] is, got 4"),
        (
            {"instances": [[1, "2"]]},
            ONE,
            "instances[0][1] must be a number that fits FP32, NaN, Infinity or -Infinity, got '2'",
        ),
        ({"instances": [[1, 2], [None, 2]]}, ONE, "instances[1][0] must be a number that fits FP32, NaN, Infinity or"),
        ({"instances": [[1, 2], [None, 2]]}, ONE, "got null; a blank number is NaN"),
        ({"instances": [{"x": [1, 2]}, {"x": [3, None]}]}, ONE, "instances[1]['x'][1] must be a number"),
        ({"inputs": {"x": [[1, 2], [None, 4]]}}, ONE, "inputs['x'][1][0] must be a number"),
        ({"inputs": [[1, 2], [None, 4]]}, ONE, "inputs[1][0] must be a number"),
        ({"inputs": None}, ONE, "inputs must be a number that fits FP32"),
        ({"instances": [1, None]}, WHOLE, "instances[1] must be a whole number of"),
        ({"instances": [{"a": 1, "t": "x"}, {"a": 1, "t": None}]}, TWO, "instances[1]['t'] must be a string"),
        ({"instances": [[None]]}, TEXT, 'got null; a blank text is ""'),
        ({"instances": [[1]]}, BRAIN, "input 'x' is BF16, which has no JSON form; send it as a binary tensor of"),
        (
            {"instances": [["a", "b"], ["c", "d", "e"], ["f"]]},
            TEXT,
            "instances[1] must be a list of 2 as instances[0] is, got ['c', 'd', 'e']",
        ),
        (
            {"instances": [[1]]},
            TEXT,
            'instances[0][0] must be a string of Unicode characters or {"b64": "..."} with base64, got 1',
        ),
        (
            {"instances": [[{"b64": "%"}]]},
            TEXT,
            'instances[0][0] must be a string of Unicode characters or {"b64": "..."} with base64, got an object',
        ),
        (
            {"instances": [[{"b64": "é"}]]},
            TEXT,
            'instances[0][0] must be a string of Unicode characters or {"b64": "..."} with base64, got an object',
        ),
        ({"instances": [["\ud800"]]}, TEXT, "got '\\ud800'"),
        ({"instances": [[{"b64": 1}]]}, TEXT, "got an object"),
    ],
)
def test_what_is_wrong_is_named(document: object, signature: Signature, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(document, signature)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"instances": [{"age": 1, "sex": "f"}, {"age": None, "sex": "f"}]}, "instances[1]['age'] must be"),
        ({"instances": [{"age": [1], "sex": ["f"]}, {"age": [2], "sex": [3]}]}, "instances[1]['sex'][0] must be"),
        ({"inputs": {"age": [1, "?"], "sex": ["f", "f"]}}, "inputs['age'][1] must be"),
        ({"inputs": {"age": [[1], [2]], "sex": [["f"], [None]]}}, "inputs['sex'][1][0] must be"),
    ],
)
def test_a_place_is_written_as_the_request_writes_it(document: object, place: str) -> None:
    table = signature_of([("age", "FP32", (-1, 1)), ("sex", "BYTES", (-1, 1))], [("y", "FP32", (-1,))])
    with pytest.raises(InvalidRequest) as caught:
        read(document, table)
    assert str(caught.value).startswith(place)


def test_too_much_nesting_is_named() -> None:
    with pytest.raises(InvalidRequest, match="input 'x' is nested more than 64 deep"):
        read_predict_request(b'{"inputs":' + b"[" * 100 + b"]" * 100 + b"}", ONE)


def test_an_empty_body_is_named() -> None:
    with pytest.raises(InvalidRequest, match="the body is empty"):
        read_predict_request(b"", ONE)


Y = fp32((2, 2), 1, 2, 3, 4)
T = Tensor(BYTES, (2,), (b"a", b"b"))


@pytest.mark.parametrize(
    ("outputs", "rows", "expected"),
    [
        ({"y": Y}, 2, {"predictions": [[1, 2], [3, 4]]}),
        ({"y": Y}, None, {"outputs": [[1, 2], [3, 4]]}),
        ({"y": Y, "t": T}, 2, {"predictions": [{"y": [1, 2], "t": "a"}, {"y": [3, 4], "t": "b"}]}),
        ({"y": Y, "t": T}, None, {"outputs": {"y": [[1, 2], [3, 4]], "t": ["a", "b"]}}),
        ({"t_bytes": T}, None, {"outputs": [{"b64": "YQ=="}, {"b64": "Yg=="}]}),
        ({"t": Tensor(BYTES, (2,), (b"a", b"\xff"))}, None, {"outputs": [{"b64": "YQ=="}, {"b64": "/w=="}]}),
        ({"y": fp32((), 7)}, None, {"outputs": 7}),
        ({"y": fp32((2, 0, 3))}, 2, {"predictions": [[], []]}),
        ({"y": fp32((0, 3))}, None, {"outputs": []}),
        ({"y": fp32((1, 2, 2), 1, 2, 3, 4)}, 1, {"predictions": [[[1, 2], [3, 4]]]}),
    ],
)
def test_answers(outputs: dict[str, Tensor], rows: int | None, expected: Any) -> None:
    assert json.loads(write_predict_response(InferResponse(outputs), rows)) == expected


@pytest.mark.parametrize(("tensor", "rows"), [(fp32((), 7), 1), (Y, 3)])
def test_an_output_without_a_row_for_each_instance_is_refused(tensor: Tensor, rows: int) -> None:
    with pytest.raises(InvalidRequest, match="send inputs instead of instances"):
        write_predict_response(InferResponse({"y": tensor}), rows)


def test_an_absurd_number_of_empty_rows_is_refused() -> None:
    with pytest.raises(TooLarge, match="too long to write in JSON"):
        write_predict_response(InferResponse({"y": fp32((10**4, 10**4, 0))}), None)


@pytest.fixture(params=[False, True], ids=["json", "orjson"])
def _library(request: pytest.FixtureRequest) -> Iterator[None]:
    """Which library writes: the state of a whole process, given back afterwards. orjson would write null."""
    before = fast.library, fast.read
    fast.library = None
    if request.param:
        fast.use()
        assert fast.library is not None
    yield
    fast.library, fast.read = before


@pytest.mark.usefixtures("_library")
def test_nan_and_infinity_are_written_as_tensorflow_serving_writes_them() -> None:
    tensor = fp32((4,), float("nan"), float("inf"), float("-inf"), 0.5)
    assert write_predict_response(InferResponse({"y": tensor}), 4) == b'{"predictions":[NaN,Infinity,-Infinity,0.5]}'


@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64"])
def test_nan_and_infinity_are_read_as_tensorflow_serving_reads_them(datatype: str) -> None:
    signature = signature_of([("x", datatype, (-1,))], [("y", "FP32", (-1,))])
    tensor = read_predict_request(b'{"instances": [NaN, Infinity, -Infinity, 0.5]}', signature).request.inputs["x"]
    found = tensor.numpy().tolist()
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, 0.5]


@pytest.mark.parametrize(
    ("body", "signature", "message"),
    [
        (b'{"instances": [[1, 1e400]]}', ONE, "instances[0][1] is too large for a number; write Infinity"),
        (b'{"instances": [[NaN, 1e400]]}', ONE, "1e400 is too large for a number; write Infinity"),
        (b'{"instances": [[NaN, -1e999]]}', ONE, "-1e999 is too large for a number; write Infinity"),
        (b'{"instances": [[NaN, 1' + b"0" * 400 + b".5]]}", ONE, "000 is too large for a number; write Infinity"),
        (b'{"instances": [[NaN, 1E+0400]]}', ONE, "1E+0400 is too large for a number; write Infinity"),
        (
            b'{"instances": [[NaN, 1' + b"0" * 400 + b"]]}",
            ONE,
            "got a number of many digits",
        ),
        (
            b'{"instances": [[NaN, 1e39]]}',
            ONE,
            "instances[0][1] must be a number that fits FP32, NaN, Infinity or -Infinity, got 1e+39",
        ),
        (
            b'{"instances": [[NaN, true]]}',
            ONE,
            "instances[0][1] must be a number that fits FP32, NaN, Infinity or -Infinity, got true",
        ),
        (b'{"instances": [[nan, 1]]}', ONE, "malformed JSON"),
        (b'{"instances": [[NaN, 1]', ONE, "malformed JSON"),
        (b'{"instances": [NaN]}', WHOLE, "instances[0] must be a whole number"),
        (b'{"instances": [[NaN]]}', TEXT, "instances[0][0] must be a string"),
        (b'{"instances": [["NaN"], [3]]}', TEXT, "instances[1][0] must be a string"),
    ],
)
def test_words_for_numbers_in_the_wrong_place_are_refused(body: bytes, signature: Signature, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_predict_request(body, signature)
    assert message in str(caught.value)


def test_the_text_nan_is_a_text() -> None:
    found = read_predict_request(b'{"instances": [["NaN", "Infinity"]]}', TEXT)
    assert found.request.inputs == {"t": Tensor(BYTES, (1, 2), (b"NaN", b"Infinity"))}


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"age": 22, "sex": "male"}, {"age": 38, "sex": "female"}]},
        {"instances": [{"age": [22], "sex": ["male"]}, {"age": [38], "sex": ["female"]}]},
        {"inputs": {"age": [22, 38], "sex": ["male", "female"]}},
        {"inputs": {"age": [[22], [38]], "sex": [["male"], ["female"]]}},
    ],
)
def test_a_column_of_scalars_fits_an_inner_size_of_one(document: object) -> None:
    table = signature_of([("age", "FP32", (-1, 1)), ("sex", "BYTES", (-1, 1))], [("y", "FP32", (-1,))])
    inputs = read(document, table).request.inputs
    assert inputs == {"age": fp32((2, 1), 22, 38), "sex": Tensor(BYTES, (2, 1), (b"male", b"female"))}


@pytest.mark.parametrize("shape", [(-1, 2), (-1, -1), (-1, 1, 2)])
def test_a_scalar_fits_no_other_inner_size(shape: tuple[int, ...]) -> None:
    found = read({"instances": [1, 2]}, signature_of([("x", "FP32", shape)], [("y", "FP32", (-1,))]))
    assert found.request.inputs["x"].shape == (2,)  # which the check against the signature refuses


def test_status() -> None:
    manifest = manifest_of([("x", "FP32", ())], [("y", "FP32", ())])
    ok = {"error_code": "OK", "error_message": ""}
    assert model_status(manifest) == {
        "model_version_status": [{"version": manifest.version, "state": "AVAILABLE", "status": ok}]
    }
