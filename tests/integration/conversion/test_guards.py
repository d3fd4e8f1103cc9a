"""Operators that end the process on inputs without elements: an imported graph reports an error."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper
from support.guarded_graphs import Arrays, both_graphs, death, run, saved
from support.ort_models import Value, graph

from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight_runtime.errors import InferenceFailed


def recurrent(operator: str) -> ModelProto:
    gates = {"GRU": 3, "LSTM": 4}[operator]
    random = np.random.default_rng(3)
    weights = {"w": random.random((1, 2 * gates, 2), "float32"), "r": random.random((1, 2 * gates, 2), "float32")}
    node = helper.make_node(operator, ["x", "w", "r"], ["y"], hidden_size=2)
    return graph([node], [("x", 1, ["s", "n", 2])], [("y", 1, ["s", 1, "n", 2])], weights)


def transposed_convolution() -> ModelProto:
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"])
    return graph(
        [node],
        [("x", 1, ["n", 1, "h", "w_", "d"])],
        [("y", 1, ["n", 2, "a", "b", "c"])],
        {"w": np.ones((1, 2, 3, 3, 3), "float32")},
    )


def short_time_transform(last: str) -> ModelProto:
    """STFT whose window, or whose length of frame, is an input."""
    names = ["signal", "step", last, ""] if last == "window" else ["signal", "step", "", last]
    inputs: list[Value] = [("signal", 1, [1, "n", 1])]
    inputs.append((last, 1, ["w"]) if last == "window" else (last, TensorProto.INT64, []))
    outputs: list[Value] = [("y", 1, [1, "frames", "bins", 2])]
    return graph([helper.make_node("STFT", names, ["y"])], inputs, outputs, {"step": np.array(1)})


def unique_rows() -> ModelProto:
    node = helper.make_node("Unique", ["x"], ["y"], axis=0)
    return graph([node], [("x", 1, ["n", "m"])], [("y", 1, ["k", "m"])])


def zeros(*shape: int) -> NDArray[Any]:
    return np.zeros(shape, "float32")


SIGNAL = np.random.default_rng(6).random((1, 8, 1), "float32")
CRASHES: dict[str, tuple[ModelProto, Arrays, Arrays, int]] = {
    "GRU without rows": (recurrent("GRU"), {"x": zeros(2, 0, 2)}, {"x": zeros(2, 3, 2) + 1}, signal.SIGABRT),
    "GRU without steps": (recurrent("GRU"), {"x": zeros(0, 3, 2)}, {"x": zeros(1, 3, 2) + 1}, signal.SIGABRT),
    "LSTM without rows": (recurrent("LSTM"), {"x": zeros(2, 0, 2)}, {"x": zeros(2, 3, 2) + 1}, signal.SIGABRT),
    "ConvTranspose of nothing": (
        transposed_convolution(),
        {"x": zeros(1, 1, 4, 0, 4)},
        {"x": zeros(1, 1, 4, 2, 4) + 1},
        signal.SIGSEGV,
    ),
    "Unique rows of nothing": (unique_rows(), {"x": zeros(3, 0)}, {"x": zeros(3, 2)}, signal.SIGABRT),
    "STFT without frame": (
        short_time_transform("length"),
        {"signal": SIGNAL, "length": np.array(0)},
        {"signal": SIGNAL, "length": np.array(4)},
        signal.SIGFPE,
    ),
    "STFT without window": (
        short_time_transform("window"),
        {"signal": SIGNAL, "window": zeros(0)},
        {"signal": SIGNAL, "window": zeros(4) + 1},
        signal.SIGFPE,
    ),
}


@pytest.mark.parametrize("name", CRASHES)
def test_inputs_that_end_the_process(name: str, tmp_path: Path) -> None:
    model, bad, good, crash = CRASHES[name]
    source = saved(model, tmp_path)
    assert death(source, bad, tmp_path) == crash
    for path in both_graphs(model, tmp_path):
        assert death(path, bad, tmp_path) == 0
        with pytest.raises(InferenceFailed):
            run(path, bad)
        np.testing.assert_array_equal(run(path, good), run(source, good))


def test_a_convolution_in_two_dimensions_stays_as_it_is(tmp_path: Path) -> None:
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"])
    weights = {"w": np.ones((1, 2, 3, 3), "float32")}
    source = saved(graph([node], [("x", 1, ["n", 1, "h", "d"])], [("y", 1, ["n", 2, "a", "b"])], weights), tmp_path)
    candidate = import_onnx(source, tmp_path / "imported")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()
    assert run(source, {"x": zeros(1, 1, 0, 4)}).shape == (1, 2, 2, 6)


def test_recurrent_network_of_fixed_size_stays_as_it_is(tmp_path: Path) -> None:
    model = recurrent("GRU")
    for index, size in enumerate((4, 1)):
        model.graph.input[0].type.tensor_type.shape.dim[index].dim_value = size
    source = saved(model, tmp_path)
    candidate = import_onnx(source, tmp_path / "imported")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()
