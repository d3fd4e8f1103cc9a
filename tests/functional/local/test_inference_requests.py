import json
from pathlib import Path

import numpy as np
import pytest

from pilotlight.core.errors import DataError, ServiceError
from pilotlight.local.gateway import WebResponse
from pilotlight.local.inference_requests import (
    HEADER_LENGTH,
    InferenceRequest,
    image_request,
    infer_path,
    json_request,
    npz_request,
    read_input_specs,
)
from pilotlight.local.inference_responses import read_outputs
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.signature import TensorSpec

IMAGE = TensorSpec("image", DATATYPES["FP32"], (-1, 2, 2))
PATH = infer_path("m", None)


def binary_answer(question: InferenceRequest) -> WebResponse:
    """A question's tensors sent back as an answer's outputs."""
    length = int(question.headers[HEADER_LENGTH])
    document = json.loads(question.body[:length])
    head = json.dumps({"outputs": document["inputs"]}).encode()
    return WebResponse(200, [(HEADER_LENGTH.lower(), str(len(head)))], head + question.body[length:])


def test_the_version_is_in_the_path() -> None:
    assert infer_path("m", "0123456789ab") == "/v2/models/m/versions/0123456789ab/infer"


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"\x89PNG\r\n\x1a\n...", "image/png"), (b"\xff\xd8\xff...", "image/jpeg")]
)
def test_pictures_are_sent_as_they_are(tmp_path: Path, magic: bytes, kind: str) -> None:
    file = tmp_path / "picture"
    file.write_bytes(magic)
    assert image_request(PATH, file) == InferenceRequest(PATH, {"Content-Type": kind}, magic)


def test_a_whole_request_is_sent_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"inputs": [], "id": "7"}')
    assert json_request(PATH, file, (IMAGE,)).body == b'{"inputs": [], "id": "7"}'


@pytest.mark.parametrize("values", [[[1, 2], [3, 4]], [[[1, 2], [3, 4]]]])
def test_a_plain_list_becomes_the_only_input(tmp_path: Path, values: list[object]) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps(values))
    (sent,) = json.loads(json_request(PATH, file, (IMAGE,)).body)["inputs"]
    assert sent == {"name": "image", "datatype": "FP32", "shape": [1, 2, 2], "data": [[[1, 2], [3, 4]]]}


@pytest.mark.parametrize(
    ("content", "inputs", "said"),
    [
        ("{", (IMAGE,), "is not JSON"),
        ("3", (IMAGE,), "has neither rows, nor an inference request, nor a list"),
        ("[1, 2]", (IMAGE, IMAGE._replace(name="mask")), "inputs image, mask"),
        ("[[1, 2, 3]]", (IMAGE,), "has shape [1, 1, 3]"),
        ("[]", (IMAGE,), "has shape [0]"),
    ],
)
def test_lists_that_do_not_fit_are_refused(
    tmp_path: Path, content: str, inputs: tuple[TensorSpec, ...], said: str
) -> None:
    file = tmp_path / "list.json"
    file.write_text(content)
    with pytest.raises(DataError) as caught:
        json_request(PATH, file, inputs)
    assert said in str(caught.value)


TABLE = (TensorSpec("age", DATATYPES["FP32"], (-1, 1)), TensorSpec("sex", DATATYPES["BYTES"], (-1, 1)))


@pytest.mark.parametrize(
    "document",
    [
        [{"age": 3, "sex": "f"}, {"age": float("nan"), "sex": ""}],
        {"instances": [{"sex": "f", "age": 3}, {"sex": "", "age": float("nan")}]},
        {"instances": [{"age": [3], "sex": ["f"]}, {"age": [float("nan")], "sex": [""]}]},
        {"inputs": {"age": [3, float("nan")], "sex": ["f", ""]}},
    ],
)
@pytest.mark.parametrize("binary", [True, False])
def test_rows_and_columns_become_tensors(tmp_path: Path, document: object, *, binary: bool) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(document))
    question = json_request(PATH, tmp_path / "rows.json", TABLE, binary_outputs=binary)
    assert question.path == PATH
    length = int(question.headers[HEADER_LENGTH])
    assert json.loads(question.body[:length])["parameters"] == {"binary_data_output": binary}
    found = read_outputs(binary_answer(question), "here")
    np.testing.assert_array_equal(found["age"], np.array([[3], [np.nan]], np.float32))
    assert found["sex"].tolist() == [[b"f"], [b""]]


def test_rows_of_the_only_input(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('{"instances": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}')
    question = json_request(PATH, tmp_path / "rows.json", (IMAGE,), binary_outputs=True)
    assert read_outputs(binary_answer(question), "here")["image"].tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([{"age": 3}], "does not fit the model: input 'sex' is missing; the model's are 'age', 'sex'"),
        ([{"age": 3, "sex": "f", "x": 1}], "input 'x' is not one of the model's, which are 'age', 'sex'"),
        ([{"age": 3, "sex": "f"}, {"age": 3}], "instances[1] must have the same inputs as the others"),
        ([{"age": 3, "sex": "f"}, [3, "f"]], "instances[1] must have the same inputs as the others"),
        ([{"age": None, "sex": "f"}], "instances[0]['age'] must be a number that fits FP32"),
        ([{"age": "old", "sex": "f"}], "instances[0]['age'] must be a number that fits FP32"),
        ([{"age": 3, "sex": None}], 'a blank text is ""'),
        ([{"age": [3, 4], "sex": "f"}], "input 'age': shape must be [-1, 1] (-1 is any size), got [1, 2]"),
        ({"instances": []}, "instances must be a list with at least one instance"),
        ({"instances": [[3, "f"]]}, "instances must name the model's inputs, which are 'age', 'sex'"),
        ({"inputs": {"age": [3]}}, "input 'sex' is missing"),
        ([[3, "f"]], "the model has the inputs age, sex"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, document: object, said: str) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(document))
    with pytest.raises(DataError) as caught:
        json_request(PATH, tmp_path / "rows.json", TABLE)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", ["[[NaN, 1], [2, 3]]", '{"inputs": [NaN]}', "NaN"])
def test_nan_is_read_in_rows_only(tmp_path: Path, content: str) -> None:
    (tmp_path / "list.json").write_text(content)
    with pytest.raises(DataError, match="NaN"):
        json_request(PATH, tmp_path / "list.json", (IMAGE,))


@pytest.mark.parametrize("name", sorted(DATATYPES))
def test_arrays_of_every_datatype_survive_the_way_there_and_back(tmp_path: Path, name: str) -> None:
    kind = DATATYPES[name]
    array = np.array([[b"a", b""], [b"\xff\x01", b"xyz"]], dtype="S3")
    if name != "BYTES":
        array = np.array([[0, 1], [1, 0]]).astype(kind.numpy)
    np.savez(tmp_path / "in.npz", x=array)
    spec = TensorSpec("x", kind, (-1, 2))
    question = npz_request(PATH, tmp_path / "in.npz", (spec,), binary_outputs=True)
    found = read_outputs(binary_answer(question), "here")["x"]
    assert found.tolist() == array.tolist()
    assert found.dtype == np.dtype(kind.numpy)


def test_several_arrays_keep_their_order_and_a_missing_batch_is_added(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", b=np.arange(2, dtype=np.int64), a=np.ones((3, 2), np.float64))
    specs = (TensorSpec("a", DATATYPES["FP32"], (-1, 2)), TensorSpec("b", DATATYPES["INT32"], (-1, 2)))
    found = read_outputs(binary_answer(npz_request(PATH, tmp_path / "in.npz", specs, binary_outputs=True)), "here")
    assert [(name, array.shape, array.dtype.name) for name, array in found.items()] == [
        ("b", (1, 2), "int32"),
        ("a", (3, 2), "float32"),
    ]


@pytest.mark.parametrize(
    ("array", "kind", "said"),
    [
        (np.array([300]), "UINT8", "has dtype int64, but the input is UINT8"),
        (np.array([0.5]), "INT32", "has dtype float64"),
        (np.array([1.0], np.float32), "BF16", "Save it as uint16"),
        (np.array(["a"]), "FP32", "has dtype <U1"),
        (np.array([{}], dtype=object), "FP32", "pickled Python objects"),
    ],
)
def test_arrays_that_would_change_are_refused(tmp_path: Path, array: np.ndarray, kind: str, said: str) -> None:
    np.savez(tmp_path / "in.npz", x=array)
    with pytest.raises(DataError) as caught:
        npz_request(PATH, tmp_path / "in.npz", (TensorSpec("x", DATATYPES[kind], (-1,)),), binary_outputs=True)
    assert said in str(caught.value)


def test_unknown_names_and_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", y=np.ones(2))
    (tmp_path / "no.npz").write_bytes(b"PK no")
    (tmp_path / "empty.npz").touch()
    said_of = {"in": "inputs are image", "no": "or is not an .npz", "empty": "as an .npz", "absent": "does not exist"}
    for name, said in said_of.items():
        with pytest.raises(DataError, match=said):
            npz_request(PATH, tmp_path / f"{name}.npz", (IMAGE,), binary_outputs=True)
    with pytest.raises(DataError, match="neither PNG nor JPEG"):
        image_request(PATH, tmp_path / "no.npz")
    with pytest.raises(DataError, match="does not exist"):
        image_request(PATH, tmp_path / "absent.png")


@pytest.mark.parametrize("listed", ["[[1, 2], [3]]", "[[1], 2]", "[1, [2]]", "[[], [1]]"])
def test_a_ragged_list_is_said_to_be_one(tmp_path: Path, listed: str) -> None:
    (tmp_path / "in.json").write_text(listed)
    with pytest.raises(DataError, match="rows differ in length"):
        json_request(PATH, tmp_path / "in.json", (TensorSpec("x", DATATYPES["FP32"], (-1, 2)),))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"inputs": [{"name": "x"}]}', b'{"inputs": [{"datatype": "FP31"}]}'])
def test_metadata_that_is_none_is_said_so(body: bytes) -> None:
    with pytest.raises(DataError, match="no model metadata"):
        read_input_specs(body, "http://there")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"<html>", []),
        (b'{"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1]}]}', []),
        (b"{}", [(HEADER_LENGTH, "2")]),
        (b'{"outputs": 3}', [(HEADER_LENGTH, "many")]),
    ],
)
def test_answers_that_break_the_protocol_are_said_so(body: bytes, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(ServiceError, match="not of the Open Inference Protocol"):
        read_outputs(WebResponse(200, headers, body), "http://there")
