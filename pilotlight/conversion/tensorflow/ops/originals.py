"""The handlers of tf2onnx itself, which ours call for what they leave as it is."""

from __future__ import annotations

from typing import Any


def call_original(graph: Any, node: Any) -> None:
    """Convert a node as tf2onnx does.

    Args:
        graph: The graph of tf2onnx.
        node: A TensorFlow operation.
    """
    from tf2onnx.handler import tf_op

    versions = tf_op.get_opsets()[""][: graph.opset + 1]
    convert, options = next(version[node.type] for version in reversed(versions) if node.type in version)
    if "onnx_op" in options:
        options = {**options, "tf_op": node.type}
        node.type = options["onnx_op"]
    convert(graph, node, **options, initialized_tables={}, dequantize=False)
