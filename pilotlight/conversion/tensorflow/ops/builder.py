"""Builds the ONNX nodes that take the place of one TensorFlow operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from onnx import TensorProto, helper

from pilotlight.core.artifacts import Array

OLDEST_OPSET: Final = 13
"""From here on, axes are inputs of every operator."""

Operand: TypeAlias = "str | int | float | bool | Sequence[int] | Array"
"""The name of a value, or a constant."""


class NoForm(Exception):
    """The operation has no exact form in ONNX. The message says why, and may say what works."""


class Builder:
    """The nodes of one TensorFlow operation.

    Args:
        graph: The graph of tf2onnx: the outermost one, or the body of a loop or a branch.
        node: The operation.

    Attributes:
        inputs: The names of the values that the operation reads.
        datatype: `TensorProto.DataType` of its first input.

    Raises:
        NoForm: The operator set is too old.
    """

    def __init__(self, graph: Any, node: Any) -> None:
        if graph.opset < OLDEST_OPSET:
            raise NoForm(f"it needs operator set {OLDEST_OPSET} or later: set `opset` under [conversion] in model.toml")
        self.graph = graph
        self.node = node
        self.inputs: list[str] = list(node.input)
        self.datatype: int = graph.get_dtype(node.input[0])

    def add(self, operator: str, *operands: Operand, **attributes: Any) -> str:
        """Add a node with one output.

        Args:
            operator: The ONNX operator.
            operands: Its inputs. A Python number takes the datatype of the operation's first input; a sequence of
                integers is INT64.
            attributes: Its attributes.

        Returns:
            The name of the output.
        """
        return self.add_many(operator, 1, *operands, **attributes)[0]

    def add_many(self, operator: str, outputs: int, *operands: Operand, **attributes: Any) -> list[str]:
        """Add a node with several outputs, and return their names. See `add`."""
        names = [self._name(operand) for operand in operands]
        made = self.graph.make_node(operator, names, attr=attributes, output_count=outputs)
        return list(made.output)

    def _name(self, operand: Operand) -> str:
        if isinstance(operand, str):
            return operand
        if isinstance(operand, bool | int | float):
            return self.constant(np.array(operand, helper.tensor_dtype_to_np_dtype(self.datatype)))
        if isinstance(operand, np.ndarray):
            return self.constant(operand)
        return self.constant(np.array(operand, np.int64))

    def constant(self, array: Array) -> str:
        """Add a constant, and return its name."""
        from tf2onnx import utils

        return str(self.graph.make_const(utils.make_name(f"{self.node.name}_const"), array).output[0])

    def cast(self, value: str, datatype: int) -> str:
        """Cast a value to a `TensorProto.DataType`."""
        return self.add("Cast", value, to=datatype)

    def read_constant(self, position: int) -> Array | None:
        """Return an input of the operation that is a constant; None where it is computed."""
        node = self.node.inputs[position]
        return np.asarray(node.get_tensor_value(as_list=False)) if node.is_const() else None

    def require_constant(self, position: int, what: str) -> Array:
        """Return an input that must be a constant.

        Raises:
            NoForm: It is computed.
        """
        found = self.read_constant(position)
        if found is None:
            raise NoForm(f"{what} must not depend on the input")
        return found

    def shape(self, position: int) -> list[int]:
        """Return the shape of an input, with -1 for open dimensions.

        Raises:
            NoForm: Its rank is unknown.
        """
        found = self.graph.get_shape(self.inputs[position])
        if found is None:
            raise NoForm("the rank of its input is unknown")
        return list(found)

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute of the operation."""
        return self.node.get_attr_value(name, default)

    def finish(self, *results: str) -> None:
        """Put values in the place of the outputs of the operation, and remove it."""
        shapes, datatypes, outputs = self.node.output_shapes, self.node.output_dtypes, list(self.node.output)
        self.graph.remove_node(self.node.name)
        for result, output, shape, datatype in zip(results, outputs, shapes, datatypes, strict=False):
            self.graph.make_node("Identity", [result], outputs=[output], shapes=[shape], dtypes=[datatype])


Expression: TypeAlias = Callable[[Builder], "str | tuple[str, ...]"]
"""Adds nodes, and returns the results."""
Handler: TypeAlias = Callable[[Any, Any], None]
"""Converts one node of a graph of tf2onnx in place."""


def make_handler(expression: Expression) -> Handler:
    """Return the handler of an operation whose outputs an expression computes."""

    def handle(graph: Any, node: Any) -> None:
        builder = Builder(graph, node)
        results = expression(builder)
        builder.finish(*((results,) if isinstance(results, str) else results))

    return handle


def is_float(datatype: int) -> bool:
    """Return whether a `TensorProto.DataType` is a floating-point one."""
    return datatype in {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}


Expressions: TypeAlias = Mapping[str, Expression]
"""Expressions by the type of the TensorFlow operation."""
