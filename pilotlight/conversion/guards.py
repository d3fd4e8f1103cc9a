"""Guards for operators whose kernels in ONNX Runtime end the process or answer wrong instead of reporting an error.

    Div of INT32 or INT64   the smallest number divided by -1 raises SIGFPE; with the guard it is the smallest number,
                            as two's complement gives. Division by zero stays the error that ONNX Runtime reports.
    GRU, LSTM               an input without elements aborts the process
    Unique along an axis    an input without elements aborts the process
    ConvTranspose in 3D     an input without elements reads memory that is not there
    STFT                    a frame of length 0, or a window without elements, raises SIGFPE
    TopK, DFT               a count or length of more than 32 bits is cut to its lowest 32 bits

All but Div report an error with the guard.
A graph that needs no guard stays as it is, byte for byte. The guards are ordinary nodes, so they hold in every file
that is made of the graph, the optimized one too. The tests in tests/integration/conversion/test_guard*.py show what
happens without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto

from pilotlight.conversion.engine_types import ask_datatypes
from pilotlight.conversion.guarded_nodes import (
    Names,
    guard_against_empty,
    guard_against_zero,
    guard_count,
    guard_division,
)
from pilotlight.conversion.value_types import Scope, infer_scopes, list_graphs
from pilotlight.core.errors import ConversionError

CRASHES_WHEN_EMPTY: Final = {"GRU": 0, "LSTM": 0, "DynamicQuantizeLSTM": 0, "Unique": 0, "ConvTranspose": 0, "STFT": 2}
"""The input that must have elements."""
FRAME_LENGTH: Final = 3
"""The input of STFT that must not be zero."""
SAFE_RANK: Final = 4
"""Of the weights of a ConvTranspose: one or two dimensions."""
CRASHING_INTEGERS: Final[dict[int, int]] = {TensorProto.INT32: -(2**31), TensorProto.INT64: -(2**63)}
"""The datatypes whose smallest number cannot be divided by -1. ONNX Runtime divides narrower ones as wider integers."""

_FEWEST_INPUTS: Final = {"Div": 2, "ConvTranspose": 2}
CUT_TO_32_BITS: Final = {"TopK": 2**31 - 1, "DFT": 0}
"""Operators whose second input is cut, and what takes the place of a wrong one there, so that it is an error."""

_DOMAINS: Final = frozenset({"", "ai.onnx", "com.microsoft"})

OLDEST_OPSET: Final = 9
"""Where, which the guard of Div needs, is as old."""
CASTLIKE_OPSET: Final = 15


def guard_operators(model: onnx.ModelProto, where: str) -> bool:
    """Replace operators that need a guard by guarded ones, in place.

    Args:
        model: The model, with or without its external data.
        where: The name of the model in an error.

    Returns:
        Whether the model has changed.

    Raises:
        ConversionError: An operator needs a guard that the model's operator set cannot express.
    """
    if not any(_may_need_guard(node) for nodes in _list_all_nodes(model) for node in nodes):
        return False
    guards = _Guards(Names(model), where, model)
    changed = [guards.guard(nodes, scope, _read_opset(model.opset_import)) for nodes, scope in infer_scopes(model)]
    for function in model.functions:
        opset = _read_opset(function.opset_import)
        changed.append(guards.guard(function.node, Scope(), opset))
        changed += [guards.guard(graph.node, Scope(), opset) for graph in list_graphs(function.node)]
    return any(changed)


class _Guards:
    def __init__(self, names: Names, where: str, model: onnx.ModelProto) -> None:
        self._names = names
        self._where = where
        self._model = model
        self._asked: dict[str, int] | None = None

    def guard(self, nodes: Any, scope: Scope, opset: int) -> bool:
        """Guard the nodes of one graph in place, and return whether there was one to guard."""
        result = [new for node in nodes for new in self._replace(node, scope, opset)]
        if len(result) == len(nodes):
            return False
        kept = []
        for node in result:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            kept.append(copy)
        del nodes[:]
        nodes.extend(kept)
        return True

    def _replace(self, node: onnx.NodeProto, scope: Scope, opset: int) -> Sequence[onnx.NodeProto]:
        """Return the node, or the guarded nodes in its place."""
        if not _may_need_guard(node) or (
            node.op_type == "ConvTranspose" and 0 < scope.rank(node.input[1]) <= SAFE_RANK
        ):
            return (node,)
        if node.op_type in CUT_TO_32_BITS:
            return self._guard_count(node, scope)
        if node.op_type != "Div":
            return self._guard_empty(node, scope)
        datatype = next((kind for name in (*node.input, *node.output) if (kind := scope.datatype(name))), None)
        datatype = datatype or self._ask_engine(node)
        if datatype is not None and datatype not in CRASHING_INTEGERS:
            return (node,)
        if _is_harmless(node, scope, datatype):
            return (node,)
        if opset < (OLDEST_OPSET if datatype else CASTLIKE_OPSET):
            divides = "divides" if datatype else "may divide"
            raise ConversionError(
                self._where,
                f"{divides} integers in the node {node.name or node.output[0]!r} (Div) with operator set {opset}: the "
                "smallest number divided by -1 would end the process",
                f"Export the model for operator set {CASTLIKE_OPSET} or later.",
            )
        return guard_division(node, datatype, self._names)

    def _guard_count(self, node: onnx.NodeProto, scope: Scope) -> Sequence[onnx.NodeProto]:
        count = node.input[1] if len(node.input) > 1 else ""
        short = node.op_type == "DFT" and scope.datatype(count) != TensorProto.INT64  # TopK takes no other datatype
        if not count or short or scope.constant(count) is not None:
            return (node,)
        return guard_count(node, CUT_TO_32_BITS[node.op_type], self._names)

    def _ask_engine(self, node: onnx.NodeProto) -> int | None:
        """Return the datatype of a Div as ONNX Runtime infers it; None where it does not, and in subgraphs."""
        if self._asked is None:
            results = [each.output[0] for each in self._model.graph.node if each.op_type == "Div"]
            self._asked = ask_datatypes(self._model, results)
        return self._asked.get(node.output[0])

    def _guard_empty(self, node: onnx.NodeProto, scope: Scope) -> Sequence[onnx.NodeProto]:
        position = CRASHES_WHEN_EMPTY[node.op_type]
        guarded: Sequence[onnx.NodeProto] = (node,)
        if position < len(node.input) and node.input[position] and not scope.is_never_empty(node.input[position]):
            guarded = guard_against_empty(node, position, self._names)
        if node.op_type != "STFT" or len(node.input) <= FRAME_LENGTH or not node.input[FRAME_LENGTH]:
            return guarded
        length = scope.constant(node.input[FRAME_LENGTH])
        if length is not None and np.all(length != 0):
            return guarded
        return [*guarded[:-1], *guard_against_zero(guarded[-1], FRAME_LENGTH, self._names)]


def _is_harmless(node: onnx.NodeProto, scope: Scope, datatype: int | None) -> bool:
    """Return whether a constant operand rules the crash out: a divisor without -1, a dividend without the smallest."""
    dividend, divisor = (scope.constant(name) for name in node.input)
    if divisor is not None and not np.any(divisor == -1):
        return True
    return dividend is not None and datatype is not None and not np.any(dividend == CRASHING_INTEGERS[datatype])


def _may_need_guard(node: onnx.NodeProto) -> bool:
    if len(node.input) < _FEWEST_INPUTS.get(node.op_type, 0):  # ONNX Runtime refuses it
        return False
    if node.op_type == "Unique" and not any(attribute.name == "axis" for attribute in node.attribute):
        return False
    return node.domain in _DOMAINS and node.op_type in {"Div", *CUT_TO_32_BITS, *CRASHES_WHEN_EMPTY}


def _list_all_nodes(model: onnx.ModelProto) -> Iterator[Sequence[onnx.NodeProto]]:
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        yield nodes
        yield from (graph.node for graph in list_graphs(nodes))


def _read_opset(imports: Sequence[onnx.OperatorSetIdProto]) -> int:
    return max((entry.version for entry in imports if entry.domain in {"", "ai.onnx"}), default=0)
