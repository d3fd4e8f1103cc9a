"""Runs on memory that stays: OrtSession.bind."""

from __future__ import annotations

import gc
import struct
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto
from support.ort_models import identity, one_node, reshape, save

from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.engine.abi import BindingApi, OrtError
from pilotlight_runtime.engine.bound import BoundRun
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.tensor import Tensor

FLOAT = TensorProto.FLOAT


def fresh(*values: float) -> Tensor:
    return Tensor(FP32, (len(values),), memoryview(bytearray(struct.pack(f"<{len(values)}f", *values))))


def numbers(tensor: Tensor) -> list[float]:
    return list(struct.unpack(f"<{tensor.count}f", tensor.buffer))


def adder(folder: Path) -> OrtSession:
    ends = [("x", FLOAT, ["n"]), ("y", FLOAT, ["n"])]
    return open_session(save(one_node("Add", ends, [("z", FLOAT, ["n"])]), folder), 1)


def test_each_run_reads_what_the_memory_holds_then(tmp_path: Path) -> None:
    x, y, z = fresh(1, 2), fresh(10, 20), fresh(0, 0)
    run = adder(tmp_path).bind({"x": x, "y": y}, {"z": z})
    run()
    assert numbers(z) == [11, 22]
    x.buffer[:] = fresh(5, 6).buffer
    run()
    assert numbers(z) == [15, 26]


def test_the_same_memory_is_input_and_output(tmp_path: Path) -> None:
    total, step = fresh(0, 100), fresh(1, 2)
    run = adder(tmp_path).bind({"x": total, "y": step}, {"z": total})
    for _ in range(3):
        run()
    assert numbers(total) == [3, 106]


def test_bound_runs_keep_their_memory_alive_and_end_with_the_session(tmp_path: Path) -> None:
    session = adder(tmp_path)
    result = fresh(0)
    run = session.bind({"x": fresh(1), "y": fresh(2)}, {"z": result})
    for _ in range(1000):
        fresh(9)
    run()
    assert numbers(result) == [3]
    session.close()
    with pytest.raises(InferenceFailed, match="the session is closed"):
        run()


def test_an_output_of_another_shape_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    session = open_session(save(reshape(), tmp_path), 1)
    shape = Tensor(INT64, (2,), memoryview(bytearray(struct.pack("<2q", 2, 3))))
    right, wrong = (Tensor(FP32, size, memoryview(bytearray(24))) for size in ((2, 3), (3, 2)))
    inputs = {"x": fresh(1, 2, 3, 4, 5, 6), "shape": shape}
    run = session.bind(inputs, {"y": right})
    run()
    assert numbers(right) == [1, 2, 3, 4, 5, 6]
    with pytest.raises(InferenceFailed):
        session.bind(inputs, {"y": wrong})()
    shape.buffer[:] = struct.pack("<2q", 5, 3)
    with pytest.raises(InferenceFailed):
        run()
    shape.buffer[:] = struct.pack("<2q", 2, 3)
    run()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"other": fresh(0)}, "no output 'other'"),
        ({"z": Tensor(INT64, (1,), memoryview(bytearray(8)))}, "output 'z' is FP32"),
        ({"z": Tensor(FP32, (1, 1), memoryview(bytearray(4)))}, "output 'z' is FP32"),
        ({"z": Tensor(FP32, (1,), memoryview(bytes(4)))}, "cannot be written"),
        ({"z": Tensor(FP32, (0,), memoryview(bytearray()))}, "cannot be written"),
    ],
)
def test_memory_that_does_not_fit_is_refused(tmp_path: Path, outputs: dict[str, Tensor], message: str) -> None:
    with pytest.raises(InferenceFailed, match=message):
        adder(tmp_path).bind({"x": fresh(1), "y": fresh(1)}, outputs)


def test_texts_have_no_memory_to_bind(tmp_path: Path) -> None:
    session = open_session(save(identity(TensorProto.STRING, ["n"]), tmp_path), 1)
    texts = Tensor(BYTES, (1,), (b"a",))
    with pytest.raises(InferenceFailed):
        session.bind({"x": texts}, {"y": texts})


def test_a_graph_that_is_packed_later_runs_on_the_same_memory(tmp_path: Path) -> None:
    path = save(one_node("Add", [("x", FLOAT, ["n"]), ("y", FLOAT, ["n"])], [("z", FLOAT, ["n"])]), tmp_path)
    session, z = open_session(path, 1, packed=False), fresh(0)
    run = session.bind({"x": fresh(1), "y": fresh(2)}, {"z": z})
    run()
    session.pack()
    z.buffer[:] = fresh(0).buffer
    run()
    assert numbers(z) == [3]


class Counted:
    """Stands before the functions of bindings, and counts what is out."""

    def __init__(self, api: BindingApi) -> None:
        self._api = api
        self.out: list[int] = []
        self.run_with_binding, self.bind_input, self.bind_output = api.run_with_binding, api.bind_input, api.bind_output

    def create_io_binding(self, session: int, made: Any) -> None:
        self._api.create_io_binding(session, made)
        self.out.append(made._obj.value)

    def release_io_binding(self, binding: int) -> None:
        self.out.remove(binding)
        self._api.release_io_binding(binding)


def test_every_binding_goes_back_exactly_once(tmp_path: Path) -> None:
    session = adder(tmp_path)
    counted = Counted(BindingApi(session._api))
    inputs, outputs = {"x": fresh(1), "y": fresh(2)}, {"z": fresh(0)}
    for _ in range(5):
        bound = BoundRun(session._api, session._values, inputs, outputs)
        bound._api = counted  # type: ignore[assignment]
        for _ in range(3):
            bound(session._session)
        assert len(counted.out) == 1
        wrong = BoundRun(session._api, session._values, inputs, {"z": fresh(0, 0)})
        wrong._api = counted  # type: ignore[assignment]
        with pytest.raises(OrtError):
            wrong(session._session)
        del bound, wrong
        gc.collect()
        assert counted.out == []
