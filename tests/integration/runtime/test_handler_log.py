"""How the handler of a real tiny model starts, and what it logs."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.handler_calls import AB, INFER, PREDICT, Called, tensor
from support.manifests import signature_of
from support.onnx_models import (
    fill_model,
    gather_model,
    package,
    package_identity,
)

from pilotlight_runtime.errors import LoadError
from pilotlight_runtime.handler import model_handler, threads

CONTEXT = SimpleNamespace(aws_request_id="id-1")


def test_a_model_that_fails_is_a_500_with_the_cause_in_the_log_alone(tmp_path: Path) -> None:
    package(tmp_path, fill_model(), signature_of([("count", "INT64", (1,))], [("zeros", "FP32", (-1,))]))
    called = Called(tmp_path)
    count = 2**59 + 77
    asked = json.dumps({"inputs": [tensor("count", count, shape=(1,), datatype="INT64")]}).encode()
    answer = called.http("POST", INFER, asked, context=CONTEXT)
    assert answer.status == 500
    assert answer.head == {"error": "the model failed on this input", "request_id": "id-1"}
    line, metrics = called.lines[-2:]
    assert (line["level"], line["request_id"], line["status"]) == ("ERROR", "id-1", 500)
    assert "ConstantOfShape" in line["exception"]
    assert str(count) not in called.log.getvalue()
    assert metrics["Errors"] == [1.0]


def test_a_model_that_refuses_is_a_400_without_a_cause_in_the_log(rows: Called) -> None:
    asked = json.dumps({"inputs": [tensor("index", 7_777_777_777, shape=(1,), datatype="INT64")]}).encode()
    answer = rows.http("POST", INFER, asked, context=CONTEXT)
    assert answer.status == 400
    assert "operator Gather" in answer.head["error"]
    line, metrics = rows.lines[-2:]
    assert (line["level"], line["request_id"], line["status"]) == ("INFO", "id-1", 400)
    assert "7777777777" not in rows.log.getvalue()
    assert metrics["Errors"] == [0.0]


def test_the_log_line_of_a_request(pair: Called) -> None:
    pair.http("POST", INFER, json.dumps({"inputs": AB}).encode(), context=CONTEXT)
    line, metrics = pair.lines[-2:]
    assert (line["level"], line["operation"], line["status"], line["request_id"]) == ("INFO", "infer", 200, "id-1")
    assert line["inputs"] == {"a": [1, 3], "b": [1, 3]}
    assert set(line["milliseconds"]) == {"event", "decode", "infer", "encode", "pack", "total"}
    assert sum(line["milliseconds"].values()) <= 2 * line["milliseconds"]["total"] + 0.01
    assert metrics["model"] == "tiny"


def test_no_payload_reaches_the_log(tmp_path: Path) -> None:
    package_identity(tmp_path, "BYTES", (-1,))
    called = Called(tmp_path)
    secret = "correct horse battery staple"
    good = {"name": "x", "datatype": "BYTES", "shape": [1], "data": [secret]}
    requests: list[object] = [
        {"inputs": [good], "id": secret},
        {"inputs": [{**good, "datatype": secret}]},
        {"inputs": [{**good, "name": secret}]},
        {"inputs": [{**good, "shape": [secret]}]},
        {"inputs": [good], "outputs": [{"name": secret}]},
        {"inputs": secret},
        secret,
    ]
    for request in requests:
        called.post(INFER, request, Accept=secret, Content_Encoding="")
    called.post(PREDICT, {"instances": [secret]})
    called.http("GET", f"/v2/models/{secret}")
    called.http(secret, "/v2")
    called.handler({"path": "/v2", "body": secret, "headers": secret}, None)
    assert len(called.lines) == 2 * (len(requests) + 4)
    assert secret not in called.log.getvalue()
    assert "horse" not in called.log.getvalue()


def test_the_first_request_alone_is_cold(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (1,))
    called = Called(tmp_path)
    for _ in range(3):
        called.http("GET", "/v2")
    assert [line["cold"] for line in called.lines if "cold" in line] == [True, False, False]
    assert [line["ColdStart"] for line in called.lines if "_aws" in line] == [[1.0], [0.0], [0.0]]


def test_a_model_that_fails_on_zeros_starts_with_a_warning(tmp_path: Path) -> None:
    signature = signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))])
    package(tmp_path, gather_model(shift=9), signature)
    called = Called(tmp_path)
    (line,) = called.lines
    assert (line["level"], line["exception_name"]) == ("WARNING", "InferenceFailed")
    asked = {"inputs": [tensor("index", 10, shape=(1,), datatype="INT64")]}
    assert called.post(INFER, asked).head["outputs"][0]["data"] == [11.0]


def test_a_damaged_model_does_not_start(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (1,))
    with (tmp_path / "model.onnx").open("ab") as file:
        file.write(b"!")
    with pytest.raises(LoadError, match=r"model\.onnx has sha256"):
        Called(tmp_path)


@pytest.mark.parametrize(
    ("memory", "expected"),
    [("128", 1), ("1769", 1), ("2048", 1), ("3008", 2), ("3538", 2), ("10240", 6)],
)
def test_threads_follow_the_memory(memory: str, expected: int) -> None:
    assert threads({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}) == expected


def test_threads_outside_lambda_follow_the_processors() -> None:
    assert threads({}) >= 1


def test_the_defaults_write_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package_identity(tmp_path, "FP32", (1,))
    assert model_handler(str(tmp_path / "app.py"))({"path": "/v2"}, None)["statusCode"] == 200
    assert json.loads(capsys.readouterr().out.splitlines()[0])["model"] == "tiny"
