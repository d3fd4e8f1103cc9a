"""Rewrites an exported decoder to the inputs and outputs that the runtime's generation expects.

The export's own inputs are computed from ours: the mask is ones, and positions count from the length of the cache.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pilotlight.language.decoders.exported_decoder import (
    BRANCH,
    INPUT_IDS,
    MASK,
    OUTPUT,
    POSITIONS,
    ExportedDecoder,
    list_nodes,
)
from pilotlight.language.decoders.signature import IDS, LOGITS, PAST, ROWS, DecoderSizes

_PREFIX: Final = "pilotlight."
"""The prefix of the names that are added."""
_HEADS: Final = ("MatMul", "MatMulNBits", "FusedMatMul")
"""Operators that compute logits from vectors [batch, tokens, width], their first input."""


def rewrite_exported(exported: ExportedDecoder) -> onnx.ModelProto:
    """Return the graph with our inputs and outputs. Its weights stay where they are.

    Args:
        exported: The export, which stays as it is.
    """
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    graph = model.graph
    renamed = {theirs: ours for ours, theirs in exported.past.items()}
    renamed |= {theirs: f"next_{ours}" for ours, theirs in exported.present.items()}
    _rename(graph, {**renamed, OUTPUT: f"{_PREFIX}{OUTPUT}"})
    added = _Added(graph)
    before = _compute_inputs(added, exported)
    behind = _choose_rows(added, graph, exported)
    nodes = [*before, *graph.node, *behind]
    del graph.node[:], graph.value_info[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    sizes = DecoderSizes(len(exported.past) // 2, exported.heads, exported.head_size, exported.vocabulary)
    graph.input.extend(sizes.make_inputs())
    graph.output.extend(sizes.make_outputs())
    return model


class _Added:
    """Makes constants and nodes whose names begin with _PREFIX."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph

    def constant(self, name: str, value: object) -> str:
        full = _PREFIX + name
        self._graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.int64), full))
        return full

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
        return helper.make_node(operator, inputs, [output], name=_PREFIX + output, **attributes)


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename values of a graph, also where the graphs inside it read them."""
    for node in list_nodes(graph):
        for side in (node.input, node.output):
            for index, name in enumerate(side):
                side[index] = names.get(name, name)


def _compute_inputs(added: _Added, exported: ExportedDecoder) -> list[onnx.NodeProto]:
    """Return the nodes that compute the export's inputs."""
    length, total = f"{_PREFIX}length", f"{_PREFIX}total"
    nodes = [
        added.node("Shape", [IDS], length, start=1),
        added.node("Add", [PAST, length], total),
        added.node("Cast", [IDS], INPUT_IDS, to=exported.inputs[INPUT_IDS]),
    ]
    if MASK in exported.inputs:
        shape, ones = f"{_PREFIX}mask_shape", f"{_PREFIX}mask_ones"
        one = numpy_helper.from_array(np.array([1], np.int64))
        nodes += [
            added.node("Concat", [added.constant("one", [1]), total], shape, axis=0),
            added.node("ConstantOfShape", [shape], ones, value=one),
            added.node("Cast", [ones], MASK, to=exported.inputs[MASK]),
        ]
    if POSITIONS in exported.inputs:
        first, end, flat, row = (f"{_PREFIX}position_{name}" for name in ("first", "end", "flat", "row"))
        nodes += [
            added.node("Squeeze", [PAST], first),
            added.node("Squeeze", [total], end),
            added.node("Range", [first, end, added.constant("step", 1)], flat),
            added.node("Unsqueeze", [flat, added.constant("first_axis", [0])], row),
            added.node("Cast", [row], POSITIONS, to=exported.inputs[POSITIONS]),
        ]
    if BRANCH in exported.inputs:
        nodes.append(added.node("Greater", [PAST, added.constant("nothing", [0])], BRANCH))
    return nodes


def _choose_rows(added: _Added, graph: onnx.GraphProto, exported: ExportedDecoder) -> list[onnx.NodeProto]:
    """Return the nodes behind the head, and let the head compute the last `rows` positions alone where it can.

    Logits of 1,000 tokens take 200 MB.
    """
    theirs, chosen, flat = (f"{_PREFIX}{name}" for name in (OUTPUT, "chosen", "flat"))
    first = f"{_PREFIX}first_row"
    end, axis = added.constant("last_row", [np.iinfo(np.int64).max]), added.constant("row_axis", [1])
    shape = added.constant("flat_shape", [-1, exported.vocabulary])
    nodes = list(graph.node)
    place = next((index for index, node in enumerate(nodes) if theirs in node.output), len(nodes))
    early = place < len(nodes) and nodes[place].op_type in _HEADS
    source = nodes[place].input[0] if early else theirs
    choice = [added.node("Neg", [ROWS], first), added.node("Slice", [source, first, end, axis], chosen)]
    if early:
        nodes[place].input[0] = chosen
        nodes[place:place] = choice
        del graph.node[:]
        graph.node.extend(nodes)
    rest = [] if early else choice
    reshape = added.node("Reshape", [theirs if early else chosen, shape], flat)
    return [*rest, reshape, added.node("Cast", [flat], LOGITS, to=TensorProto.FLOAT)]
