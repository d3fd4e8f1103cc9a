"""The nodes of a guarded operator. Its outputs keep their names.

Div(a, b)      at_fault = b == -1;  quotient = a / (1 where at_fault, else b);  quotient * (-1 where at_fault, else 1)
TopK(x, k)     TopK(x, 2^31 - 1 where k < 0 or k > 2^31 - 1, else k): more than any axis has, so it is an error
DFT(x, n)      DFT(x, 0 where n < 0 or n > 2^31 - 1, else n): an error too
GRU(x, ...)    GRU(Reshape(x, 0 / Shape(x)), ...): 0 keeps a dimension, and integer division by zero is an error
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Names:
    """Makes names that the model does not use.

    Args:
        model: The model.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._taken = {value.name for value in (*model.graph.input, *model.graph.output)}
        self._taken |= {tensor.name for tensor in model.graph.initializer}
        for nodes in (model.graph.node, *(function.node for function in model.functions)):
            self._taken |= set(_list_names(nodes))

    def make(self, base: str) -> str:
        """Return `base`, or `base` with a number."""
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def guard_division(node: onnx.NodeProto, datatype: int | None, names: Names) -> list[onnx.NodeProto]:
    """Return nodes that divide integers as two's complement does.

    Args:
        node: The Div.
        datatype: `TensorProto.DataType` of its operands; None where it is unknown. The result is right for floating
            point too.
        names: Makes the names of the new values.
    """
    divisor, label = node.input[1], node.output[0]
    at_fault, usable, quotient, sign = (
        names.make(f"{label}/{part}") for part in ("at_fault", "divisor", "quotient", "sign")
    )
    one, minus_one = (names.make(f"{label}/{part}") for part in ("one", "minus_one"))
    constants = [
        *_make_constant(one, 1, datatype, divisor, names),
        *_make_constant(minus_one, -1, datatype, divisor, names),
    ]
    division = onnx.NodeProto()
    division.CopyFrom(node)
    division.input[1], division.output[0] = usable, quotient
    return [
        *constants,
        helper.make_node("Equal", [divisor, minus_one], [at_fault], names.make(f"{label}/Equal")),
        helper.make_node("Where", [at_fault, one, divisor], [usable], names.make(f"{label}/Where")),
        division,
        helper.make_node("Where", [at_fault, minus_one, one], [sign], names.make(f"{label}/Sign")),
        helper.make_node("Mul", [quotient, sign], [label], names.make(f"{label}/Mul")),
    ]


def guard_against_empty(node: onnx.NodeProto, position: int, names: Names) -> list[onnx.NodeProto]:
    """Return nodes that fail with an error where an input of `node` has no elements. The last is `node` itself.

    Args:
        node: The operator.
        position: The position of the input.
        names: Makes the names of the new values.
    """
    given, label = node.input[position], _find_label(node)
    zero, shape, kept, checked = (names.make(f"{label}/{part}") for part in ("zero", "shape", "kept", "checked"))
    return [
        *_make_constant(zero, 0, TensorProto.INT64, "", names),
        helper.make_node("Shape", [given], [shape], names.make(f"{label}/Shape")),
        helper.make_node("Div", [zero, shape], [kept], names.make(f"{label}/Div")),
        helper.make_node("Reshape", [given, kept], [checked], names.make(f"{label}/Reshape")),
        _replace_input(node, position, checked),
    ]


def guard_against_zero(node: onnx.NodeProto, position: int, names: Names) -> list[onnx.NodeProto]:
    """Return nodes that fail with an error where an input of `node`, an integer, is zero. The last is `node` itself.

    Args:
        node: The operator.
        position: The position of the input.
        names: Makes the names of the new values.
    """
    given, label = node.input[position], _find_label(node)
    rest, checked = (names.make(f"{label}/{part}") for part in ("rest", "nonzero"))
    return [
        helper.make_node("Mod", [given, given], [rest], names.make(f"{label}/Mod")),
        helper.make_node("Add", [given, rest], [checked], names.make(f"{label}/Add")),
        _replace_input(node, position, checked),
    ]


def guard_count(node: onnx.NodeProto, substitute: int, names: Names) -> list[onnx.NodeProto]:
    """Return nodes that replace a count that is negative or has more than 32 bits. The last is `node` itself.

    Args:
        node: The operator. Its second input is the count, of INT64.
        substitute: What takes the place of such a count.
        names: Makes the names of the new values.
    """
    count, label = node.input[1], _find_label(node)
    parts = ("most", "none", "instead", "beyond", "negative", "wrong", "count")
    most, none, instead, beyond, negative, wrong, usable = (names.make(f"{label}/{part}") for part in parts)
    values = {most: 2**31 - 1, none: 0, instead: substitute}
    constants = [_make_constant(name, value, TensorProto.INT64, "", names) for name, value in values.items()]
    return [
        *chain.from_iterable(constants),
        helper.make_node("Greater", [count, most], [beyond], names.make(f"{label}/Greater")),
        helper.make_node("Less", [count, none], [negative], names.make(f"{label}/Less")),
        helper.make_node("Or", [beyond, negative], [wrong], names.make(f"{label}/Or")),
        helper.make_node("Where", [wrong, instead, count], [usable], names.make(f"{label}/Where")),
        _replace_input(node, 1, usable),
    ]


def _find_label(node: onnx.NodeProto) -> str:
    return node.name or next(name for name in node.output if name)


def _replace_input(node: onnx.NodeProto, position: int, name: str) -> onnx.NodeProto:
    result = onnx.NodeProto()
    result.CopyFrom(node)
    result.input[position] = name
    return result


def _make_constant(name: str, value: int, datatype: int | None, like: str, names: Names) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a scalar: of `datatype`, or of the datatype of the value `like`."""
    kind = np.int64 if datatype is None else helper.tensor_dtype_to_np_dtype(datatype)
    made = name if datatype else names.make(f"{name}/integer")
    tensor = numpy_helper.from_array(np.array(value, kind))
    yield helper.make_node("Constant", [], [made], names.make(f"{name}/Constant"), value=tensor)
    if datatype is None:
        yield helper.make_node("CastLike", [made, like], [name], names.make(f"{name}/CastLike"))


def _list_names(nodes: Sequence[onnx.NodeProto]) -> Iterator[str]:
    """Yield the names of nodes and values, those of subgraphs too."""
    for node in nodes:
        yield node.name
        yield from (*node.input, *node.output)
        for attribute in node.attribute:
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from (value.name for value in (*graph.input, *graph.output))
                yield from (tensor.name for tensor in graph.initializer)
                yield from _list_names(graph.node)
