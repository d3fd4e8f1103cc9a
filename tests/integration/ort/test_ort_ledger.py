"""Every pointer that ONNX Runtime hands out goes back to it, exactly once, whatever happens in between."""

import gc
import struct
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from support import ort_models

from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.engine.abi import OrtApi
from pilotlight_runtime.engine.library import find_library
from pilotlight_runtime.engine.ort_session import Engine, OrtSession
from pilotlight_runtime.engine.start import create_env
from pilotlight_runtime.engine.values import COPY_UP_TO, Buffer, Values, shape_array
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.tensor import Tensor

HANDS_OUT = {
    "create_env": "release_env",
    "create_session": "release_session",
    "create_session_options": "release_session_options",
    "create_cpu_memory_info": "release_memory_info",
    "create_tensor_as_ort_value": "release_value",
    "create_tensor_with_data_as_ort_value": "release_value",
    "get_tensor_type_and_shape": "release_tensor_type_and_shape_info",
    "session_get_input_type_info": "release_type_info",
    "session_get_output_type_info": "release_type_info",
    "session_get_input_name": "allocator_free",
    "session_get_output_name": "allocator_free",
    "run": "release_value",
}


RUNS = 4
"""From the third on, small tensors stay in one place."""


class Ledger:
    """Stands between a session and the library, and counts what is out. calls: every function that was used."""

    def __init__(self, api: OrtApi) -> None:
        self.out: Counter[tuple[str, int]] = Counter()
        self.calls: Counter[str] = Counter()
        for name, function in vars(api).items():
            if callable(function):
                setattr(api, name, self._watched(name, function))

    def _watched(self, name: str, function: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            if name in HANDS_OUT.values():
                self._back(name, arguments[-1])
            ours = set(arguments[-1]) if name == "run" else set()  # values that the run is to fill, not to make
            function(*arguments)
            self.calls[name] += 1
            if name in HANDS_OUT:
                found = arguments[-1] if name == "run" else [arguments[-1]._obj.value]
                self.out.update((HANDS_OUT[name], pointer) for pointer in found if pointer not in ours)

        return call

    def _back(self, name: str, pointer: Any) -> None:
        key = (name, getattr(pointer, "value", pointer))
        assert self.out[key] == 1, f"{key} is not out"
        del self.out[key]

    def kinds(self) -> set[str]:
        return {name for name, _ in self.out}


@pytest.fixture
def api() -> OrtApi:
    return OrtApi(find_library(sys.path))


@pytest.fixture
def ledger(api: OrtApi) -> Ledger:
    return Ledger(api)


def floats(count: int) -> Tensor:
    return Tensor.from_numpy(np.ones(count, "float32"), FP32)


def answer_and_fail(engine: Engine, folder: Path) -> None:
    numbers = OrtSession(engine, ort_models.save(ort_models.identity(TensorProto.FLOAT, ["N"]), folder), 1)
    for count in (0, 3, COPY_UP_TO):
        for names in (["y", "y"], ["y"]) * RUNS:
            assert numbers.run({"x": floats(count)}, names)[-1].shape == (count,)
    texts = OrtSession(engine, ort_models.save(ort_models.identity(BYTES.onnx, ["N"]), folder), 1)
    texts.run({"x": Tensor(BYTES, (2,), (b"a\0b", b""))}, ["y"])
    optimized = ort_models.save(ort_models.identity(TensorProto.FLOAT, ["N"]), folder).rename(folder / "optimized.onnx")
    assert OrtSession(engine, optimized, 1).run({"x": floats(1)}, ["y"])[0].shape == (1,)
    reshape = OrtSession(engine, ort_models.save(ort_models.reshape(), folder), 1)
    wanted = Tensor(INT64, (2,), memoryview(struct.pack("<2q", 2, 3)))
    for _ in range(RUNS):
        reshape.run({"x": floats(6), "shape": wanted}, ["y"])
    broken = floats(6)
    broken.shape = (10**9,)
    for wrong in ({"x": floats(7), "shape": wanted}, {"shape": wanted, "x": broken}, {"x": floats(1)}):
        with pytest.raises(InferenceFailed):
            reshape.run(wrong, ["y"])
    odd = ort_models.one_node("Cast", [("x", TensorProto.FLOAT, ["N"])], [("y", 17, ["N"])], to=17)  # 8-bit floats
    for path in (ort_models.save(odd, folder), folder / "absent.onnx"):
        with pytest.raises(SessionError):
            OrtSession(engine, path, 1)


def test_everything_goes_back(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    engine = Engine(api, create_env(api))
    answer_and_fail(engine, tmp_path)
    gc.collect()
    assert ledger.kinds() == {"release_env", "release_memory_info"}
    del engine
    gc.collect()
    assert not ledger.out


def test_every_function_of_the_table_was_called(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    engine = Engine(api, create_env(api))
    answer_and_fail(engine, tmp_path)
    del engine
    gc.collect()
    assert set(ledger.calls) == {name for name, value in vars(api).items() if callable(value)}


def test_a_lent_output_holds_value_session_and_environment(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    session = OrtSession(Engine(api, create_env(api)), ort_models.save(ort_models.identity(1, ["N"]), tmp_path), 1)
    view = session.run({"x": floats(COPY_UP_TO)}, ["y"])[0].buffer[4:8]
    session.close()
    del session
    gc.collect()
    assert {"release_value", "release_session", "release_env"} <= ledger.kinds()
    assert struct.unpack("<f", view) == (1.0,)
    del view
    gc.collect()
    assert not ledger.out


def test_small_outputs_hold_nothing(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    session = OrtSession(Engine(api, create_env(api)), ort_models.save(ort_models.identity(1, ["N"]), tmp_path), 1)
    (tensor,) = session.run({"x": floats(COPY_UP_TO // 4)}, ["y"])
    assert tensor.count == COPY_UP_TO // 4
    assert "release_value" not in ledger.kinds()


def made(ledger: Ledger) -> int:
    return ledger.calls["create_tensor_with_data_as_ort_value"]


def test_small_tensors_stay_in_one_place(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    session = OrtSession(Engine(api, create_env(api)), ort_models.save(ort_models.identity(1, ["N"]), tmp_path), 1)
    for count, stays in ((3, True), (COPY_UP_TO // 8, True), (COPY_UP_TO // 8 + 1, False), (0, False)):
        session.run({"x": floats(count)}, ["y"])
        session.run({"x": floats(count)}, ["y"])
        before = made(ledger)
        for _ in range(10):
            session.run({"x": floats(count)}, ["y"])
        assert (made(ledger) == before) == stays, count


def test_outputs_whose_shape_follows_from_values_do_not(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    values = ("x", TensorProto.FLOAT, [3]), ("y", TensorProto.INT64, [1, "N"])
    model = ort_models.one_node("NonZero", values[:1], values[1:])
    session = OrtSession(Engine(api, create_env(api)), ort_models.save(model, tmp_path), 1)
    one, two = (Tensor.from_numpy(np.array(row, "float32"), FP32) for row in ([0, 1, 0], [1, 0, 1]))
    for tensor in (one, one, one, two):
        session.run({"x": tensor}, ["y"])
    before, runs = made(ledger), ledger.calls["run"]
    for tensor in (two, two, two, one):
        session.run({"x": tensor}, ["y"])
    assert (made(ledger) - before, ledger.calls["run"] - runs) == (4, 4)


def test_places_for_many_shapes_are_given_up_again(api: OrtApi, ledger: Ledger, tmp_path: Path) -> None:
    session = OrtSession(Engine(api, create_env(api)), ort_models.save(ort_models.identity(1, ["N"]), tmp_path), 1)
    for count in range(1, 200):
        for _ in range(RUNS):
            session.run({"x": floats(count)}, ["y"])
    gc.collect()
    held = sum(count for (kind, _), count in ledger.out.items() if kind == "release_value")
    assert 0 < held <= 2 * 64


def test_inputs_are_lent_where_their_elements_are_aligned(api: OrtApi) -> None:
    values = Values(api)
    tensor = floats(100)
    lent = values.lend(tensor, shape_array(tensor.shape)).keeps
    assert isinstance(lent, Buffer)
    assert lent.address == Buffer(tensor.buffer).address
    shifted = Tensor(FP32, (100,), memoryview(b"-" + bytes(tensor.buffer))[1:])
    copied = values.lend(shifted, shape_array(shifted.shape)).keeps
    assert isinstance(copied, Buffer)
    assert copied.address % FP32.itemsize == 0
