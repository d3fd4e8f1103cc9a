"""Greedy decoding of sequences with a blank class that is not the last one, which tf2onnx takes it for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Handler, NoForm
from pilotlight.conversion.tensorflow.ops.originals import call_original


def _decode(graph: Any, node: Any) -> None:
    """Move the blank class to the end, and count the classes after it up again."""
    classes, blank = graph.get_shape(node.input[0])[-1], node.get_attr_value("blank_index", -1)
    if classes < 1:
        raise NoForm("the number of its classes is open")
    blank += classes if blank < 0 else 0
    if blank == classes - 1:
        call_original(graph, node)
        return
    build = Builder(graph, node)
    order = [*range(blank), *range(blank + 1, classes), blank]
    moved = build.add("Gather", node.input[0], order, axis=-1)
    graph.copy_shape(node.input[0], moved)
    graph.replace_input(node, node.input[0], moved, 0)
    last = graph.insert_new_node_on_output("Identity", node.output[1])
    readers = graph.find_output_consumers(last.output[0])
    call_original(graph, node)
    labels = build.cast(last.input[0], TensorProto.INT64)
    after = build.cast(build.add("GreaterOrEqual", labels, np.array(blank, np.int64)), TensorProto.INT64)
    graph.replace_all_inputs(last.output[0], build.add("Add", labels, after), ops=readers)


HANDLERS: Final[Mapping[str, Handler]] = {"CTCGreedyDecoder": _decode}
