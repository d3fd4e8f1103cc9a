"""From the third run of the same shapes on, small tensors stay in one place: nothing of that may be seen."""

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from support import ort_models

from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.tensor import Tensor


def floats(*values: float) -> Tensor:
    return Tensor(FP32, (len(values),), memoryview(struct.pack(f"<{len(values)}f", *values)))


def integers(*values: int) -> Tensor:
    return Tensor(INT64, (len(values),), memoryview(struct.pack(f"<{len(values)}q", *values)))


@pytest.fixture
def doubling(tmp_path: Path) -> OrtSession:
    value = ("x", TensorProto.FLOAT, ["N"]), ("y", TensorProto.FLOAT, ["N"])
    model = ort_models.graph([helper.make_node("Add", ["x", "x"], ["y"])], value[:1], value[1:])
    return open_session(ort_models.save(model, tmp_path), 1)


def doubled(session: OrtSession, *values: float) -> Tensor:
    return session.run({"x": floats(*values)}, ["y"])[0]


def test_every_run_answers_its_own_input(doubling: OrtSession) -> None:
    for first in range(6):
        for count in (1, 2, 3):
            values = [float(first + index) for index in range(count)]
            assert doubled(doubling, *values) == floats(*(2 * value for value in values))


def test_an_answer_is_the_callers_own(doubling: OrtSession) -> None:
    answers = [doubled(doubling, float(number)) for number in range(6)]
    answers[5].buffer[:] = b"\xff" * 4
    assert doubled(doubling, 6.0) == floats(12.0)
    doubling.close()
    assert answers[:5] == [floats(2.0 * number) for number in range(5)]


def test_threads_do_not_meet(doubling: OrtSession) -> None:
    def ask(number: int) -> bool:
        return all(doubled(doubling, number, number + 0.5) == floats(2 * number, 2 * number + 1) for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def test_an_output_whose_shape_follows_from_values(tmp_path: Path) -> None:
    value = ("x", TensorProto.FLOAT, [3]), ("y", TensorProto.INT64, [1, "N"])
    session = open_session(ort_models.save(ort_models.one_node("NonZero", value[:1], value[1:]), tmp_path), 1)
    for values, places in (
        *[((1.0, 0.0, 1.0), (0, 2))] * 4,
        ((0.0, 1.0, 0.0), (1,)),
        ((1.0, 1.0, 1.0), (0, 1, 2)),
        ((0.0, 0.0, 0.0), ()),
        ((1.0, 0.0, 1.0), (0, 2)),
    ):
        (found,) = session.run({"x": floats(*values)}, ["y"])
        assert found.shape == (1, len(places))
        assert found.buffer == integers(*places).buffer


def test_a_run_that_fails_spoils_no_other(tmp_path: Path) -> None:
    values = [("x", TensorProto.FLOAT, [3]), ("i", TensorProto.INT64, [1])]
    model = ort_models.one_node("Gather", values, [("y", TensorProto.FLOAT, [1])])
    session = open_session(ort_models.save(model, tmp_path), 1)
    for number in (0, 1, 2, 99, 1, -99, 2, 0):
        inputs = {"x": floats(5.0, 6.0, 7.0), "i": integers(number)}
        if abs(number) < 3:
            assert session.run(inputs, ["y"]) == [floats(5.0 + number)]
        else:
            with pytest.raises(InferenceFailed):
                session.run(inputs, ["y"])


def test_an_output_may_be_asked_for_twice(doubling: OrtSession) -> None:
    for number in range(5):
        assert doubling.run({"x": floats(number)}, ["y", "y"]) == [floats(2 * number)] * 2


def test_an_output_that_is_an_input_keeps_its_values(tmp_path: Path) -> None:
    """ONNX Runtime writes nothing into the memory of such an output."""
    values = [("x", TensorProto.FLOAT, ["N"]), ("y", TensorProto.FLOAT, ["N"])]
    model = ort_models.graph([helper.make_node("Neg", ["x"], ["y"])], values[:1], [values[1], values[0]])
    session = open_session(ort_models.save(model, tmp_path), 1)
    for number in range(1, 6):
        assert session.run({"x": floats(number)}, ["y", "x"]) == [floats(-number), floats(number)]


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.FLOAT])
def test_answers_that_look_like_unwritten_memory_are_answers(kind: int, tmp_path: Path) -> None:
    session = open_session(ort_models.save(ort_models.identity(kind, ["N"]), tmp_path), 1)
    datatype = session.signature.inputs[0].datatype
    tensor = Tensor(datatype, (1,), memoryview(b"\xa5" * datatype.itemsize))
    for _ in range(6):
        assert session.run({"x": tensor}, ["y"]) == [tensor]


def test_texts_and_empty_tensors_go_the_long_way(tmp_path: Path) -> None:
    for kind, tensor in (
        (TensorProto.STRING, Tensor(BYTES, (2,), (b"one", b"two"))),
        (TensorProto.FLOAT, floats()),
    ):
        session = open_session(ort_models.save(ort_models.identity(kind, ["N"]), tmp_path), 1)
        for _ in range(4):
            assert session.run({"x": tensor}, ["y"]) == [tensor]
