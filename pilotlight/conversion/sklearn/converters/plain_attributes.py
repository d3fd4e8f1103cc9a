"""Lets the converters of other projects write attributes as protobuf and ONNX Runtime need them.

Booleans. The converters of HistGradientBoosting put booleans of numpy and of Python into
`nodes_missing_value_tracks_true`, a list of integers. protobuf accepted them until version 6; version 7 raises
TypeError. To pin protobuf would bind every other package of a project to an old version.

Thresholds. LightGBM compares in double precision, and ONNX in single precision. For a sample in single precision,
x <= t is the same as x <= t', where t' is the largest number of single precision up to t. To round t to the nearest
number, as protobuf does, sends samples on the threshold the wrong way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

_ALIASES: Final = ("SklearnHistGradientBoostingClassifier", "SklearnHistGradientBoostingRegressor")
_THRESHOLDS: Final = "nodes_values"
_MODES: Final = "nodes_modes"


class _PlainContainer:
    """skl2onnx's container of nodes, which writes booleans in lists as integers, and thresholds rounded safely."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, op_type: str, inputs: Any, outputs: Any, **attributes: Any) -> None:
        """Add a node, as the container does."""
        plain = {name: _make_plain(value) for name, value in attributes.items()}
        if _THRESHOLDS in plain and _MODES in plain:
            pairs = zip(plain[_THRESHOLDS], plain[_MODES], strict=True)
            plain[_THRESHOLDS] = [_round_threshold(float(value), mode) for value, mode in pairs]
        self._container.add_node(op_type, inputs, outputs, **plain)


def accept_numpy_attributes() -> None:
    """Register the converters of HistGradientBoosting anew, with plain attributes."""
    from skl2onnx.common._registration import get_converter, register_converter

    for alias in _ALIASES:
        known = get_converter(alias)
        register_converter(alias, convert_plainly(known), overwrite=True, options=known.get_allowed_options())


def convert_plainly(convert: Callable[..., None]) -> Callable[..., None]:
    """Return a converter that writes its nodes with plain attributes.

    Args:
        convert: A converter of skl2onnx or onnxmltools.
    """

    def convert_with_plain_container(scope: Any, operator: Any, container: Any) -> None:
        convert(scope, operator, _PlainContainer(container))

    return convert_with_plain_container


def _make_plain(value: Any) -> Any:
    if isinstance(value, list):
        return [int(each) if isinstance(each, bool | np.bool_) else each for each in value]
    return value


def _round_threshold(value: float, mode: str | bytes) -> float:
    """Round a threshold to single precision so that no sample of single precision changes its side."""
    text = mode.decode() if isinstance(mode, bytes) else mode
    near = np.float32(value)  # compared as a Python float: numpy would round `value` to single precision first
    if text in ("BRANCH_LEQ", "BRANCH_GT") and float(near) > value:
        return float(np.nextafter(near, np.float32(-np.inf)))
    if text in ("BRANCH_LT", "BRANCH_GTE") and float(near) < value:
        return float(np.nextafter(near, np.float32(np.inf)))
    return float(near)
