"""Undoes ZipMap: the scores of all classes in one tensor, in place of a sequence of maps from class to score.

skl2onnx ends a classifier in ZipMap unless it is told not to. No tensor protocol can carry maps:

    scores [-1, classes] ── ZipMap ──▶ sequence of {class: score}      becomes      scores [-1, classes] ── Identity ──▶

The columns are in the order of ZipMap's classes. The output keeps its name.
"""

from __future__ import annotations

from typing import Final

import onnx
from onnx import TensorProto, helper

_ML: Final = "ai.onnx.ml"
_CLASSES: Final = ("classlabels_int64s", "classlabels_strings")


def undo_zip_maps(model: onnx.ModelProto) -> bool:
    """Give each output of ZipMap the scores that ZipMap reads, in place.

    Args:
        model: The model.

    Returns:
        Whether there was any.
    """
    graph = model.graph
    values = {value.name: value for value in graph.output}
    found = False
    for index, node in enumerate(graph.node):
        if node.op_type != "ZipMap" or node.domain != _ML or node.output[0] not in values:
            continue
        name, count = node.output[0], _count_classes(node)
        graph.node[index].CopyFrom(helper.make_node("Identity", [node.input[0]], [name], node.name))
        values[name].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, count]))
        found = True
    return found


def _count_classes(node: onnx.NodeProto) -> int | None:
    counts = (len(each.ints) + len(each.strings) for each in node.attribute if each.name in _CLASSES)
    return max(counts, default=0) or None
