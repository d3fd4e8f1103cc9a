"""Finds the value of an input that is outside what the manifest knows of it: a range, or the categories of training.

This module is imported when a run fails.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.light_typing import Any, Final
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.tensor import Tensor

_MOST_CATEGORIES: Final = 10
"""Categories that a message lists."""


def find_outside(tensor: Tensor, known: object) -> tuple[int, str] | None:
    """Finds the first value that the graph, or an encoder in it, does not know.

    Args:
        tensor: The caller's tensor.
        known: What the manifest has of the input: see pilotlight/conversion/input_ranges.py.

    Returns:
        The number of the element, row-major, and what is wrong with it; None where nothing is known to be wrong.
    """
    if not isinstance(known, dict):
        return None
    if not has_categories(known):
        return _find_out_of_range(tensor, known)
    found = (_find_unknown(tensor, column) for column in known["categories"])
    return next((each for each in found if each is not None), None)


def has_categories(known: object) -> bool:
    """Whether the input takes only the categories of training."""
    return isinstance(known, dict) and "categories" in known


def lacks_values(known: object) -> bool:
    """Whether the input takes only the categories of training, but the manifest does not list them all."""
    return isinstance(known, dict) and any(column["values"] is None for column in known.get("categories", ()))


def _find_out_of_range(tensor: Tensor, known: dict[str, Any]) -> tuple[int, str] | None:
    least, most, exact = known.get("least"), known.get("most"), known.get("exact") is True
    if type(least) is not int or type(most) is not int:
        return None
    values = _list_values(tensor)
    if tensor.datatype is BYTES or not values or (least <= min(values) and max(values) <= most):
        return None
    says = "the model takes" if exact else "it was verified with"
    outside = ((index, value) for index, value in enumerate(values) if not least <= value <= most)
    return next(((index, f" is {value}, {says} {least} to {most}") for index, value in outside), None)


def _find_unknown(tensor: Tensor, known: dict[str, Any]) -> tuple[int, str] | None:
    """Finds the first value of a column, or of the whole input, that is none of its categories."""
    if known["values"] is None:
        return None
    column, categories = known["column"], frozenset(known["values"])
    step = 1 if column is None else tensor.shape[-1]
    values = _list_values(tensor)
    for index in range(column or 0, len(values), step):
        value = values[index]
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if value not in categories and not _is_known(value, known):
            shown = ", ".join(map(summarize, known["values"][:_MOST_CATEGORIES]))
            more = f" and {count} more" if (count := len(known["values"]) - _MOST_CATEGORIES) > 0 else ""
            return index, f" is {summarize(value)}, which is not among the categories of training: {shown}{more}"
    return None


def _is_known(value: Any, known: dict[str, Any]) -> bool:
    """Whether a float is a category once the graph has cast it."""
    if not isinstance(value, float):
        return False
    if math.isnan(value):
        return known.get("blank") is True
    try:
        whole = isinstance(known["values"][0], int)
        cast = int(value) if whole else struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return False
    return cast in known["values"]


def _list_values(tensor: Tensor) -> Sequence[Any]:
    """The elements, without a copy of the numbers; none where Python cannot read the datatype in place."""
    if tensor.datatype is BYTES:
        return tensor.elements
    if tensor.datatype.format in ("", "?", "e"):
        return ()
    return tensor.buffer.cast(tensor.datatype.format)  # type: ignore[call-overload, no-any-return]  # a format by name
