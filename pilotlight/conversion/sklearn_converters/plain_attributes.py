"""Lets skl2onnx write lists of integers that hold booleans.

The converters of HistGradientBoosting put booleans of numpy and of Python into `nodes_missing_value_tracks_true`, a
list of integers. protobuf accepted them until version 6; version 7 raises TypeError. To pin protobuf would bind every
other package of a project to an old version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

_ALIASES: Final = ("SklearnHistGradientBoostingClassifier", "SklearnHistGradientBoostingRegressor")


class _PlainContainer:
    """skl2onnx's container of nodes, which writes booleans in lists of attributes as integers."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, op_type: str, inputs: Any, outputs: Any, **attributes: Any) -> None:
        plain = {name: _make_plain(value) for name, value in attributes.items()}
        self._container.add_node(op_type, inputs, outputs, **plain)


def accept_numpy_attributes() -> None:
    """Register the converters of HistGradientBoosting anew, with plain attributes."""
    from skl2onnx.common._registration import get_converter, register_converter

    for alias in _ALIASES:
        known = get_converter(alias)
        register_converter(alias, _wrap(known), overwrite=True, options=known.get_allowed_options())


def _wrap(convert: Callable[..., None]) -> Callable[..., None]:
    def convert_plainly(scope: Any, operator: Any, container: Any) -> None:
        convert(scope, operator, _PlainContainer(container))

    return convert_plainly


def _make_plain(value: Any) -> Any:
    if isinstance(value, list):
        return [int(each) if isinstance(each, bool | np.bool_) else each for each in value]
    return value
