"""A person's own `predict` between the request and the session."""

import struct
from pathlib import Path

import pytest
from support.handler_calls import Called
from support.onnx_models import package_identity

from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

INFER = "/v2/models/tiny/infer"


def doubled(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    (found,) = session.run(inputs, ["y"])
    values = struct.unpack(f"<{found.count}f", found.buffer)
    if 13 in values:
        raise InvalidRequest("input 'x': 13 is unlucky")
    if 14 in values:
        raise KeyError("secret")
    if 15 in values:
        return {}
    if 16 in values:
        return {"y": Tensor(FP32, (1,), memoryview(bytes(4)))}
    return {"y": Tensor(FP32, found.shape, memoryview(struct.pack(f"<{found.count}f", *(2 * v for v in values))))}


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("hooked")
    package_identity(folder, "FP32", (-1, 1))
    return Called(folder, predict=doubled)


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        (3, 200, None),
        (13, 400, "input 'x': 13 is unlucky"),
        (14, 500, "the function failed; its log has the cause"),
        (15, 500, "predict gave no tensor for output 'y'"),
        (16, 500, "predict gave Tensor(FP32, [1]) for output 'y', which the signature does not allow"),
    ],
)
def test_a_persons_predict(hooked: Called, value: int, status: int, expected: str | None) -> None:
    answer = hooked.post(INFER, {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [value]}]})
    assert answer.status == status
    if expected is None:
        assert answer.head["outputs"][0]["data"] == [2 * value]
    else:
        assert answer.head["error"] == expected
    assert "secret" not in hooked.log.getvalue()


def test_a_predict_is_tried_at_the_start(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (-1, 1))

    def failing(_session: Session, _inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        raise LookupError("nothing")

    called = Called(tmp_path, predict=failing)
    assert [(line["level"], line["exception_name"]) for line in called.lines] == [("WARNING", "LookupError")]
