"""Opens a converted graph with ONNX Runtime, so that a kernel that it lacks is named at the stage `convert`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import onnx

from pilotlight.conversion.tensorflow.failures import split_node_name
from pilotlight.conversion.value_types import list_graphs
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import escape_controls

_MOST: Final = 300
"""The most characters of a message of ONNX Runtime."""
_HINT: Final = (
    "Cast to float32 or int64 before it, or use another layer or function of keras.ops there; docs/what-converts.md "
    "lists those that work."
)


def refuse_unless_opened(content: bytes, named: onnx.ModelProto, layers: Collection[str], where: str) -> None:
    """Refuse a graph that ONNX Runtime cannot open.

    Args:
        content: The graph as it is published.
        named: The same graph with the names that the converter gave to its nodes.
        layers: The names of the layers.
        where: The name of the model in an error.

    Raises:
        ConversionError: ONNX Runtime cannot open it. The message names the layer and the operation where that is known.
    """
    if _find_problem(content) is None:
        return
    problem = _find_problem(named.SerializeToString()) or _find_problem(content) or ""
    nodes = [*named.graph.node, *(node for graph in list_graphs(named.graph.node) for node in graph.node)]
    found = max((node for node in nodes if node.name and node.name in problem), key=_length_of_name, default=None)
    place = ""
    if found is not None:
        layer, chain = split_node_name(found.name, found.op_type, layers)
        place = f"{layer}: {' → '.join(chain)}: " if layer else f"{' → '.join(chain)}: "
    reason = escape_controls(" ".join(problem.split())[-_MOST:])
    raise ConversionError(where, f"cannot be opened by ONNX Runtime: {place}{reason}", _HINT)


def _length_of_name(node: onnx.NodeProto) -> int:
    return len(node.name)


def _find_problem(content: bytes) -> str | None:
    """Return why ONNX Runtime cannot open a graph; None where it can."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (states.Fail, states.InvalidGraph, states.InvalidArgument, states.NotImplemented, RuntimeError) as error:
        return str(error)
    return None
