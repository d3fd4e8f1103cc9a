"""ScatterNd adds the values that meet at one place. The form of tf2onnx keeps the last of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Handler
from pilotlight.conversion.tensorflow.ops.originals import call_original

_ADDING_OPSET: Final = 16
"""Since when ScatterND can add."""


def _scatter(graph: Any, node: Any) -> None:
    adds = graph.opset >= _ADDING_OPSET and graph.get_dtype(node.output[0]) != TensorProto.BOOL
    call_original(graph, node)
    if adds:
        node.set_attr("reduction", "add")


HANDLERS: Final[Mapping[str, Handler]] = {"ScatterNd": _scatter}
