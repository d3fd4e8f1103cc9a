import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from support.onnx_protos import model_of

from pilotlight.conversion.canonicalize import canonicalize
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.signature import Signature, TensorSpec

SIGNATURE = Signature((TensorSpec("image", FP32, (-1, 2)),), (TensorSpec("scores", FP32, (-1, 2)),))


def branching(tag: str, *, backwards: bool) -> onnx.ModelProto:
    """relu(x * a + b) if sum(x) > 0 else x, its tensors numbered with `tag`, its lists in either order."""
    inner = helper.make_graph(
        [
            helper.make_node("Add", [f"p{tag}", f"b{tag}"], [f"s{tag}"]),
            helper.make_node("Relu", [f"s{tag}"], [f"t{tag}"]),
        ],
        f"then{tag}",
        [],
        [helper.make_tensor_value_info(f"t{tag}", TensorProto.FLOAT, [f"unk{tag}", 2])],
    )
    other = helper.make_graph(
        [helper.make_node("Identity", [f"x{tag}"], [f"e{tag}"])],
        f"else{tag}",
        [],
        [helper.make_tensor_value_info(f"e{tag}", TensorProto.FLOAT, [f"unk{tag}", 2])],
    )
    weights = [
        numpy_helper.from_array(np.array([2.0, 3.0], np.float32), f"a{tag}"),
        numpy_helper.from_array(np.array([-1.0, 1.0], np.float32), f"b{tag}"),
        numpy_helper.from_array(np.array(0.0, np.float32), f"zero{tag}"),
        numpy_helper.from_array(np.array(9.0, np.float32), f"unused{tag}"),
    ]
    free = [
        helper.make_node("Mul", [f"x{tag}", f"a{tag}"], [f"p{tag}"], name=f"n{tag}"),
        helper.make_node("ReduceSum", [f"x{tag}"], [f"r{tag}"], keepdims=0),
    ]
    nodes = [
        *(reversed(free) if backwards else free),
        helper.make_node("Greater", [f"r{tag}", f"zero{tag}"], [f"c{tag}"]),
        helper.make_node("If", [f"c{tag}"], [f"y{tag}"], then_branch=inner, else_branch=other),
    ]
    return model_of(
        helper.make_graph(
            nodes,
            f"converted_{tag}",
            [helper.make_tensor_value_info(f"x{tag}", TensorProto.FLOAT, [f"unk{tag}", 2])],
            [helper.make_tensor_value_info(f"y{tag}", TensorProto.FLOAT, [f"unk{tag}", 2])],
            list(reversed(weights)) if backwards else weights,
        )
    )


def test_numbering_and_order_leave_no_trace() -> None:
    first = canonicalize(branching("__7", backwards=False), SIGNATURE)
    second = canonicalize(branching("__31", backwards=True), SIGNATURE)
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)


def test_another_weight_gives_other_bytes() -> None:
    model = branching("", backwards=False)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([2.0, 4.0], np.float32), "a"))
    assert canonicalize(model, SIGNATURE) != canonicalize(branching("", backwards=False), SIGNATURE)


def test_it_computes_what_it_computed_under_the_signatures_names() -> None:
    original = branching("__7", backwards=True)
    result = canonicalize(original, SIGNATURE)
    onnx.checker.check_model(result, full_check=True)
    for row in ([[1.0, 2.0], [-3.0, 4.0]], [[-1.0, -2.0]]):
        x = np.array(row, np.float32)
        wanted = ReferenceEvaluator(original).run(None, {"x__7": x})[0]
        found = ReferenceEvaluator(result).run(["scores"], {"image": x})[0]
        np.testing.assert_array_equal(wanted, found)
    assert "unused" not in str(result)


@pytest.mark.parametrize(("given", "taken"), [("w0", "Mul_0"), ("/w0", "/Mul_0"), ("//w0", "/If_3")])
def test_the_signatures_names_may_be_any(given: str, taken: str) -> None:
    """Names that would otherwise be given to a weight or to what a node computes."""
    signature = Signature((TensorSpec(given, FP32, (-1, 2)),), (TensorSpec(taken, FP32, (-1, 2)),))
    result = canonicalize(branching("", backwards=False), signature)
    onnx.checker.check_model(result, full_check=True)
    x = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_array_equal(ReferenceEvaluator(result).run([taken], {given: x})[0], [[1.0, 7.0]])
