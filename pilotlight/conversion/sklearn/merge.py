"""Merges the graphs of one model that were converted with different options of skl2onnx."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import compose


def merge_graphs(graphs: Mapping[str, onnx.ModelProto]) -> tuple[onnx.ModelProto, Mapping[str, str]]:
    """Merge graphs with equal inputs.

    Args:
        graphs: At least one graph, by option. The first is changed.

    Returns:
        The first graph with the nodes and outputs of the others added; and by option the prefix of the names that are
        not inputs.
    """
    (first, merged), *others = graphs.items()
    prefixes = {first: ""}
    for index, (option, graph) in enumerate(others):
        prefixes[option] = f"other{index}/"
        renamed = compose.add_prefix(graph, prefixes[option], rename_inputs=False).graph
        merged.graph.node.extend(renamed.node)
        merged.graph.initializer.extend(renamed.initializer)
        merged.graph.output.extend(renamed.output)
        merged.opset_import.extend(graph.opset_import)
    return merged, prefixes
