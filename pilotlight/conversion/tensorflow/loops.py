"""Loops: what tf2onnx takes for granted of those of TensorFlow, and what it leaves open in those of ONNX."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import onnx

from pilotlight.conversion.tensorflow.failures import describe_node
from pilotlight.conversion.value_types import list_graphs
from pilotlight.core.errors import ConversionError

_LOOPS: Final = ("While", "StatelessWhile")
_COUNTER: Final = "counter"
"""It is in the name of the first argument of what tf.while_loop makes."""
_REASON: Final = "it is not a loop of tf.while_loop, such as those of keras.ops are"
_HINT: Final = "Compute it outside of the model, as a loss is, or write the loop with keras.ops.fori_loop."
_SCALARS: Final = 2
"""The first inputs of the body of a Loop: the number of the step, and whether it is run."""


def refuse_other_loops(traced: Any, layers: Collection[str], where: str, opset: int) -> None:
    """Refuse a loop that does not count its steps in its first argument: tf2onnx would take another one for the count.

    Args:
        traced: TensorFlow's concrete function.
        layers: The names of the layers.
        where: The name of the model in an error.
        opset: The version of ONNX's default operator set.

    Raises:
        ConversionError: There is such a loop. The message names its layer.
    """
    graph = traced.graph.as_graph_def()
    functions = {each.signature.name: each for each in graph.library.function}
    for node in (*graph.node, *(node for each in functions.values() for node in each.node_def)):
        if node.op in _LOOPS:
            arguments = functions[node.attr["body"].func.name].signature.input_arg
            if not arguments or _COUNTER not in arguments[0].name:
                what = describe_node(node.name, node.op, layers, _REASON)
                raise ConversionError(where, f"cannot be converted to ONNX opset {opset}: {what}", _HINT)


def shape_loop_counters(model: onnx.ModelProto) -> None:
    """Declare the first two inputs of every Loop body as the scalars that they are.

    ONNX Runtime opens a graph without these shapes, and fails when the loop runs.

    Args:
        model: The graph.
    """
    for graph in (model.graph, *list_graphs(model.graph.node)):
        for node in graph.node:
            if node.op_type == "Loop":
                (body,) = [each.g for each in node.attribute if each.name == "body"]
                for value in body.input[:_SCALARS]:
                    value.type.tensor_type.shape.SetInParent()
