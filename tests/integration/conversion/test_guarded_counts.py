"""Counts and lengths of more than 32 bits, which ONNX Runtime cuts: an imported graph reports an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper
from support.guarded_graphs import both_graphs, run, saved
from support.ort_models import graph

from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight_runtime.errors import InferenceFailed

SIGNAL = np.random.default_rng(6).random((1, 8, 1), "float32")


def top_k() -> ModelProto:
    node = helper.make_node("TopK", ["x", "k"], ["y", "places"])
    return graph([node], [("x", 1, ["n"]), ("k", TensorProto.INT64, [1])], [("y", 1, ["m"])])


@pytest.mark.parametrize("count", [2**32 + 2, 2**33, 2**63 - 1, -1, -(2**32) + 2, -(2**63)])
def test_a_count_beyond_32_bits_is_an_error(count: int, tmp_path: Path) -> None:
    scores = np.array([1, 5, 3], "float32")
    for path in both_graphs(top_k(), tmp_path):
        with pytest.raises(InferenceFailed):
            run(path, {"x": scores, "k": np.array([count])})
        assert run(path, {"x": scores, "k": np.array([2])}).tolist() == [5, 3]
        assert run(path, {"x": scores, "k": np.array([0])}).tolist() == []


def test_without_the_guard_a_count_is_cut_to_32_bits(tmp_path: Path) -> None:
    """The reason for the guard. If ONNX Runtime mends this, the guard can go."""
    path = saved(top_k(), tmp_path)
    assert run(path, {"x": np.array([1, 5, 3], "float32"), "k": np.array([2**32 + 2])}).tolist() == [5, 3]


def transform(datatype: int) -> ModelProto:
    node = helper.make_node("DFT", ["x", "n"], ["y"])
    return graph([node], [("x", 1, [1, "k", 1]), ("n", datatype, [])], [("y", 1, [1, "m", 2])])


@pytest.mark.parametrize("length", [2**32 + 4, 2**62, -1, -(2**32) + 4])
def test_a_length_beyond_32_bits_is_an_error(length: int, tmp_path: Path) -> None:
    assert run(saved(transform(TensorProto.INT64), tmp_path), {"x": SIGNAL, "n": np.array(2**32 + 4)}).shape == (
        1,
        4,
        2,
    )
    for path in both_graphs(transform(TensorProto.INT64), tmp_path):
        with pytest.raises(InferenceFailed):
            run(path, {"x": SIGNAL, "n": np.array(length)})
        assert run(path, {"x": SIGNAL, "n": np.array(4)}).shape == (1, 4, 2)


def test_a_length_of_32_bits_needs_no_guard(tmp_path: Path) -> None:
    source = saved(transform(TensorProto.INT32), tmp_path)
    candidate = import_onnx(source, tmp_path / "imported")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()
