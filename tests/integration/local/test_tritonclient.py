"""An unmodified Triton client against a real `pilotlight serve`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.onnx_models import add_model, gather_model, identity_model
from support.project import Desk, new_project
from support.serve_process import Served, served

if sys.platform != "linux":
    pytest.skip("tritonclient has wheels for Linux alone", allow_module_level=True)

from tritonclient import http as triton
from tritonclient.utils import InferenceServerException

DATATYPES = {
    "BOOL": np.array([[True, False, True]]),
    "INT8": np.array([[-128, 0, 127]], np.int8),
    "UINT16": np.array([[0, 1, 65535]], np.uint16),
    "INT32": np.array([[-(2**31), 0, 2**31 - 1]], np.int32),
    "INT64": np.array([[-(2**63), 0, 2**63 - 1]], np.int64),
    "UINT64": np.array([[0, 1, 2**64 - 1]], np.uint64),
    "FP16": np.array([[-0.0, 0.1, 65504]], np.float16),
    "FP32": np.array([[-0.0, 0.1, 3e38]], np.float32),
    "FP64": np.array([[-0.0, 0.1, 1e308]], np.float64),
    "BYTES": np.array([[b"", "grün".encode(), b"a,b\n"]], dtype=object),
}


LABELLED = "labelled"
"""A model whose answer carries names of classes beside their scores."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("served"))
    desk.imported("adder", add_model())
    desk.imported("rows", gather_model())
    for name in DATATYPES:
        desk.imported(f"same-{name.lower()}", identity_model(name, (-1, 3)))
    desk("new", LABELLED, "--kind", "onnx")
    settings = desk.root / "functions" / LABELLED / "model.toml"
    settings.write_text('kind = "onnx"\n[labels]\nnames = ["no", "maybe", "grün"]\n')
    desk.imported(LABELLED, identity_model("FP32", (-1, 3)))
    return desk


@pytest.fixture(scope="module")
def running(desk: Desk) -> Iterator[Served]:
    with served(desk.root) as process:
        yield process


@pytest.fixture(scope="module")
def client(running: Served) -> Iterator[Any]:
    client = triton.InferenceServerClient(running.address.removeprefix("http://"))
    yield client
    client.close()


def tensor(name: str, array: np.ndarray, datatype: str, *, binary: bool) -> Any:
    given = triton.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given


def test_live_ready_and_metadata(client: Any, desk: Desk) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("adder")
    assert not client.is_model_ready("absent")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("adder")
    assert [spec["name"] for spec in metadata["inputs"]] == ["a", "b"]
    assert metadata["versions"] == [desk("models", "--json").json["models"][0]["pinned"]]


def test_the_repository_lists_every_model(client: Any) -> None:
    names = {entry["name"] for entry in client.get_model_repository_index()}
    assert names == {"adder", "rows", LABELLED, *(f"same-{name.lower()}" for name in DATATYPES)}


CASES = [(name, form) for name in DATATYPES for form in ("binary", "json") if (name, form) != ("FP16", "json")]
"""The client sends FP16 in binary alone."""


@pytest.mark.parametrize(("name", "form"), CASES)
def test_every_datatype_comes_back_as_it_went(client: Any, name: str, form: str) -> None:
    array, binary = DATATYPES[name], form == "binary"
    wanted = triton.InferRequestedOutput("y", binary_data=binary)
    inputs = [tensor("x", array, name, binary=binary)]
    found = client.infer(f"same-{name.lower()}", inputs, outputs=[wanted]).as_numpy("y")
    if name == "BYTES" and not binary:
        found = np.vectorize(lambda e: e.encode() if isinstance(e, str) else e, otypes=[object])(found)
    assert found.tolist() == array.tolist()


def test_names_of_classes_are_read_as_bytes_and_as_text(client: Any) -> None:
    scores = np.array([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]], np.float32)
    for binary, names in ((True, ["grün".encode(), b"no"]), (False, ["grün", "no"])):
        wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("y", "label")]
        answer = client.infer(LABELLED, [tensor("x", scores, "FP32", binary=binary)], outputs=wanted)
        assert answer.as_numpy("label").tolist() == names
        np.testing.assert_array_equal(answer.as_numpy("y"), scores)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate", None])
@pytest.mark.parametrize("answer", ["gzip", "deflate", None])
def test_compressed_requests_are_read(client: Any, algorithm: str | None, answer: str | None) -> None:
    a = np.arange(300, dtype=np.float32).reshape(100, 3)
    inputs = [tensor("a", a, "FP32", binary=True), tensor("b", a, "FP32", binary=True)]
    result = client.infer(
        "adder",
        inputs,
        request_id="42",
        request_compression_algorithm=algorithm,
        response_compression_algorithm=answer,
    )
    assert result.get_response()["id"] == "42"
    assert result.as_numpy("sum").tolist() == (a + a).tolist()
    assert not result.as_numpy("difference").any()


def test_an_error_says_what_was_wrong(client: Any) -> None:
    wrong = np.ones((1, 4), np.float32)
    with pytest.raises(InferenceServerException, match="shape"):
        client.infer("adder", [tensor("a", wrong, "FP32", binary=True), tensor("b", wrong, "FP32", binary=True)])
    with pytest.raises(InferenceServerException, match="absent"):
        client.infer("absent", [tensor("a", wrong, "FP32", binary=True)])


@pytest.mark.parametrize("binary", [True, False])
def test_an_index_out_of_range_is_the_caller_s_mistake(client: Any, *, binary: bool) -> None:
    index = np.array([1, 900], np.int64)
    with pytest.raises(InferenceServerException) as caught:
        client.infer("rows", [tensor("index", index, "INT64", binary=binary)])
    assert caught.value.status() == "400"
    assert "idx=900" in caught.value.message()
    assert "'index' [2]" in caught.value.message()
    assert client.infer("rows", [tensor("index", index % 4, "INT64", binary=binary)]).as_numpy("row").ravel()[0] == 11


def test_the_bytes_are_those_of_the_handler(running: Served, desk: Desk, tmp_path: Path) -> None:
    body = {"inputs": [{"name": n, "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]} for n in ("a", "b")]}
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body))
    in_process = desk("invoke", "adder", "--json", str(file), "--raw")
    assert in_process.code == 0, in_process.err
    over_http = desk("invoke", "adder", "--json", str(file), "--raw", "--url", running.address)
    assert over_http.out == in_process.out


def test_each_request_is_logged_without_its_payload(running: Served, client: Any) -> None:
    client.infer("same-bytes", [tensor("x", np.array([[b"secret"] * 3], dtype=object), "BYTES", binary=False)])
    log = running.log.read_text()
    assert "POST /v2/models/same-bytes/infer 200" in log
    assert "secret" not in log
