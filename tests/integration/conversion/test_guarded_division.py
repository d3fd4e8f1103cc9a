"""Integer division: an imported graph gives what two's complement gives, where ONNX Runtime ends the process."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from support.guarded_graphs import Arrays, both_graphs, death, run, saved
from support.ort_models import Value, graph

from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.errors import InferenceFailed

INTEGERS = {TensorProto.INT32: np.int32, TensorProto.INT64: np.int64}


def wrapped(dividend: NDArray[Any], divisor: NDArray[Any]) -> NDArray[Any]:
    """Division in two's complement, towards zero, computed with Python's integers."""
    bits = dividend.dtype.itemsize * 8
    pairs = np.broadcast_arrays(dividend.astype(object), divisor.astype(object))
    flat = zip(*(operand.ravel().tolist() for operand in pairs), strict=True)
    exact = [abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) for a, b in flat]
    fitted = [(value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1) for value in exact]
    return np.array(fitted, dividend.dtype).reshape(pairs[0].shape)


def division(kind: int, weights: Arrays | None = None, opset: int = 20) -> ModelProto:
    inputs: list[Value] = [(name, kind, ["n"]) for name in ("a", "b") if name not in (weights or {})]
    model = graph([helper.make_node("Div", ["a", "b"], ["y"])], inputs, [("y", kind, ["m"])], weights)
    model.opset_import[0].version = opset
    return model


def operands(kind: int) -> Arrays:
    numbers = np.iinfo(INTEGERS[kind])
    dividend = np.array([numbers.min, numbers.min, numbers.max, -7, 7, 0, numbers.min + 1, -1], INTEGERS[kind])
    return {"a": dividend, "b": np.array([-1, 1, -1, 2, -2, -1, -1, numbers.min], INTEGERS[kind])}


@pytest.mark.parametrize("kind", INTEGERS)
def test_division_that_raises_a_signal(kind: int, tmp_path: Path) -> None:
    smallest = {"a": operands(kind)["a"][:1], "b": operands(kind)["b"][:1]}
    assert death(saved(division(kind), tmp_path), smallest, tmp_path) == signal.SIGFPE
    for path in both_graphs(division(kind), tmp_path):
        assert death(path, smallest, tmp_path) == 0
        np.testing.assert_array_equal(run(path, smallest), smallest["a"])
        np.testing.assert_array_equal(run(path, operands(kind)), wrapped(*operands(kind).values()))


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("divisor", [[-1], [3, -1]], ids=str)
def test_constant_divisor(kind: int, divisor: list[int], tmp_path: Path) -> None:
    constant = np.array(divisor, INTEGERS[kind])
    given = {"a": np.full(len(divisor), np.iinfo(INTEGERS[kind]).min, INTEGERS[kind])}
    model = division(kind, {"b": constant})
    assert death(saved(model, tmp_path), given, tmp_path) == signal.SIGFPE
    for path in both_graphs(model, tmp_path):
        assert death(path, given, tmp_path) == 0
        np.testing.assert_array_equal(run(path, given), wrapped(given["a"], constant))


def test_constants_alone_end_no_import(tmp_path: Path) -> None:
    weights = {"a": np.array([-(2**63)]), "b": np.array([-1])}
    model = graph(
        [helper.make_node("Div", ["a", "b"], ["q"]), helper.make_node("Add", ["q", "x"], ["y"])],
        [("x", TensorProto.INT64, ["n"])],
        [("y", TensorProto.INT64, ["n"])],
        weights,
    )
    assert death(saved(model, tmp_path), {"x": np.array([0])}, tmp_path) == signal.SIGFPE
    for path in both_graphs(model, tmp_path):
        assert run(path, {"x": np.array([5])}).tolist() == [5 - 2**63]


def test_division_by_zero_stays_an_error(tmp_path: Path) -> None:
    for path in both_graphs(division(TensorProto.INT64), tmp_path):
        with pytest.raises(InferenceFailed) as caught:
            run(path, {"a": np.array([4]), "b": np.array([0])})
        assert "division by zero" in str(caught.value.__cause__)


def in_branches(node: onnx.NodeProto) -> ModelProto:
    """An If with the node in both branches."""
    out = helper.make_tensor_value_info("q", TensorProto.INT64, None)
    branch = helper.make_graph([node], "branch", [], [out])
    choice = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    inputs: list[Value] = [("c", TensorProto.BOOL, []), *((name, TensorProto.INT64, ["n"]) for name in ("a", "b"))]
    return graph([choice], inputs, [("y", TensorProto.INT64, ["n"])])


def in_a_loop(node: onnx.NodeProto) -> ModelProto:
    """One round of a Loop."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["more"], ["go"]), node],
        "body",
        [
            value("i", TensorProto.INT64, []),
            value("more", TensorProto.BOOL, []),
            value("state", TensorProto.INT64, None),
        ],
        [value("go", TensorProto.BOOL, []), value("q", TensorProto.INT64, None)],
    )
    loop = helper.make_node("Loop", ["rounds", "yes", "a"], ["y"], body=body)
    weights = {"rounds": np.array(1), "yes": np.bool_(1)}
    inputs: list[Value] = [(name, TensorProto.INT64, ["n"]) for name in ("a", "b")]
    return graph([loop], inputs, [("y", TensorProto.INT64, ["n"])], weights)


def in_a_function(node: onnx.NodeProto) -> ModelProto:
    """A call of a local function."""
    call = helper.make_node("divide", ["a", "b"], ["y"], domain="local")
    inputs: list[Value] = [(name, TensorProto.INT64, ["n"]) for name in ("a", "b")]
    model = graph([call], inputs, [("y", TensorProto.INT64, ["n"])])
    opset = helper.make_opsetid("", 20)
    model.functions.append(helper.make_function("local", "divide", ["a", "b"], ["q"], [node], [opset]))
    model.opset_import.append(helper.make_opsetid("local", 1))
    return model


@pytest.mark.parametrize("place", [in_branches, in_a_loop, in_a_function])
def test_nested_division(place: Callable[[onnx.NodeProto], ModelProto], tmp_path: Path) -> None:
    model = place(helper.make_node("Div", ["a", "b"], ["q"]))
    given: Arrays = {"a": np.array([-(2**63), -9]), "b": np.array([-1, 2])}
    if place is in_branches:
        given["c"] = np.ones((), bool)
    assert death(saved(model, tmp_path), given, tmp_path) == signal.SIGFPE
    for path in both_graphs(model, tmp_path):
        assert death(path, given, tmp_path) == 0
        assert run(path, given).tolist() == [-(2**63), -4]


def test_weights_in_a_file_of_their_own(tmp_path: Path) -> None:
    model = division(TensorProto.INT64, {"b": np.full(2000, -1)})
    onnx.save(model, tmp_path / "given.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    candidate = import_onnx(tmp_path / "given.onnx", tmp_path / "imported")
    given = {"a": np.full(2000, -(2**63))}
    assert death(candidate.folder / "model.onnx", given, tmp_path) == 0
    np.testing.assert_array_equal(run(candidate.folder / "model.onnx", given), given["a"])


HARMLESS = {
    "constant divisor": division(TensorProto.INT64, {"b": np.array([2, -3, 1])}),
    "constant dividend": division(TensorProto.INT64, {"a": np.array([7])}),
    "floating point": division(TensorProto.FLOAT),
    "narrow integers": division(TensorProto.INT16),
    "no sign": division(TensorProto.UINT32),
    "old operator set": division(TensorProto.FLOAT, opset=7),
}


@pytest.mark.parametrize("model", HARMLESS.values(), ids=HARMLESS)
def test_graphs_without_need_stay_as_they_are(model: ModelProto, tmp_path: Path) -> None:
    source = saved(model, tmp_path)
    candidate = import_onnx(source, tmp_path / "imported")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()


def test_operator_set_that_cannot_express_the_guard(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"node 'y' \(Div\) with operator set 8.*operator set 15 or later"):
        import_onnx(saved(division(TensorProto.INT64, opset=8), tmp_path), tmp_path / "imported")


def test_datatype_that_shape_inference_does_not_know(tmp_path: Path) -> None:
    """The output of an operator that ONNX's shape inference does not know, of floating point."""
    nodes = [
        helper.make_node("Gelu", ["x"], ["g"], domain="com.microsoft"),
        helper.make_node("Div", ["g", "g"], ["q"]),
        helper.make_node("Gelu", ["q"], ["y"], domain="com.microsoft"),
    ]
    model = graph(nodes, [("x", 1, ["n"])], [("y", 1, ["n"])])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    source = saved(model, tmp_path)
    given = {"x": np.array([-1.0, 2.5, -3.0, 0.0], "float32")}
    for path in both_graphs(model, tmp_path):
        np.testing.assert_array_equal(run(path, given), run(source, given))


def test_names_that_are_taken(tmp_path: Path) -> None:
    model = division(TensorProto.INT64)
    model.graph.node.append(helper.make_node("Identity", ["a"], ["y/quotient"], "y/Mul"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(3), "y/one"))
    assert run(both_graphs(model, tmp_path)[0], {"a": np.array([9]), "b": np.array([3])}).tolist() == [3]


def normalized() -> ModelProto:
    """A Div of a value whose datatype only ONNX Runtime can infer: FastGelu is its own operator."""
    nodes = [
        helper.make_node("FastGelu", ["x"], ["g"], domain="com.microsoft"),
        helper.make_node("Identity", ["g"], ["h"]),
        helper.make_node("ReduceL2", ["h"], ["norm"], keepdims=1),
        helper.make_node("Div", ["h", "norm"], ["y"]),
    ]
    model = graph(nodes, [("x", 1, ["n"])], [("y", 1, ["n"])])
    model.opset_import[0].version = 13
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def test_floating_point_that_only_onnx_runtime_can_infer_stays_as_it_is(tmp_path: Path) -> None:
    source = saved(normalized(), tmp_path)
    candidate = import_onnx(source, tmp_path / "imported")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()
