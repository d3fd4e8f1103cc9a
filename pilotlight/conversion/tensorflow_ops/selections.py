"""Where, for which tf2onnx multiplies by zero and one: NaN or infinity in the branch not taken would become NaN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from onnx import TensorProto

from pilotlight.conversion.tensorflow_ops.builder import Handler
from pilotlight.conversion.tensorflow_ops.originals import call_original

_WITH_NAN: Final = (TensorProto.FLOAT, TensorProto.DOUBLE)


def _select(graph: Any, node: Any, name: str, arguments: Any) -> None:  # noqa: ARG001  (tf2onnx gives them)
    """Set the mark that tf2onnx itself sets where it finds a NaN, and which makes it a Where."""
    if graph.get_dtype(node.output[0]) in _WITH_NAN:
        node.set_attr("handles_nan", 1)
    call_original(graph, node)


HANDLERS: Final[Mapping[str, Handler]] = {"Select": _select, "SelectV2": _select}
