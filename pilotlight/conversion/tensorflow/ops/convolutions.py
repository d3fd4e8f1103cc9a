"""Convolutions that tf2onnx converts but for one attribute: groups in three dimensions, and added rows of zeros."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilotlight.conversion.tensorflow.ops.builder import Handler
from pilotlight.conversion.tensorflow.ops.originals import call_original


def _convolve_in_3d(graph: Any, node: Any) -> None:
    """Set the number of groups, which tf2onnx finds only in two dimensions."""
    shape, kernel = graph.get_shape(node.input[0]), graph.get_shape(node.input[1])
    first = bytes(node.get_attr_value("data_format", b"NDHWC")) == b"NCDHW"
    call_original(graph, node)
    channels, taken = (shape or [-1])[1 if first else -1], (kernel or [-1, -1])[-2]
    if channels > taken > 0:
        node.set_attr("group", channels // taken)


def _convolve_transposed(graph: Any, node: Any) -> None:
    """Add rows at the end where the output is larger than the kernel reaches: ONNX takes no negative padding."""
    call_original(graph, node)
    pads = node.get_attr_value("pads", None)
    if node.type != "ConvTranspose" or not pads or min(pads) >= 0:
        return
    half = len(pads) // 2
    totals = [before + after for before, after in zip(pads[:half], pads[half:], strict=True)]
    node.set_attr("output_padding", [max(-total, 0) for total in totals])
    node.set_attr(
        "pads",
        [0 if total < 0 else before for total, before in zip(totals, pads[:half], strict=True)]
        + [0 if total < 0 else after for total, after in zip(totals, pads[half:], strict=True)],
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "Conv3D": _convolve_in_3d,
    "Conv2DBackpropInput": _convolve_transposed,
    "Conv3DBackpropInputV2": _convolve_transposed,
}
