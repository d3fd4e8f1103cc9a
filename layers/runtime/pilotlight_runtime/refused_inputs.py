"""What a caller is told of an input that the graph refuses: the reason, the shapes, and the value out of range.

The manifest knows the range of an input of numbers in one of two ways:
    exact       the input leads directly into a table of the graph, such as an embedding, and this is its size
    not exact   the smallest and the largest value among the samples of the gate

This module is imported when a run fails.
"""

from __future__ import annotations

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.tensor import Tensor

_MOST_SHOWN: Final = 4
"""Inputs whose shapes a message has."""


def explain_refusal(error: InferenceFailed, manifest: Manifest, inputs: Mapping[str, Tensor]) -> str:
    """Explains to the caller why the graph refuses the inputs.

    Args:
        error: The error of the run, with an explanation.
        manifest: The manifest of the version.
        inputs: The caller's tensors by name.

    Returns:
        The explanation; "" where the graph itself may be at fault: it has answered neither here nor in the gate.
    """
    if error.doubtful and not manifest.parity.get("samples"):
        return ""
    places = [place for name, tensor in inputs.items() if (place := _find_outside(name, tensor, manifest.ranges or {}))]
    shown = [f"{summarize(name)} {list(tensor.shape)}" for name, tensor in list(inputs.items())[:_MOST_SHOWN]]
    more = ", ..." if len(inputs) > _MOST_SHOWN else ""
    return "; ".join([error.explanation, *places, f"the inputs are {', '.join(shown)}{more}"])


def _find_outside(name: str, tensor: Tensor, ranges: Mapping[str, Any]) -> str:
    """Describes the first value that is outside the range of its input; "" where all are inside."""
    known = ranges.get(name)
    if not isinstance(known, dict) or tensor.datatype is BYTES or tensor.datatype.format in ("", "?", "e"):
        return ""
    least, most, exact = known.get("least"), known.get("most"), known.get("exact") is True
    if type(least) is not int or type(most) is not int:
        return ""
    values = tensor.buffer.cast(tensor.datatype.format)  # type: ignore[call-overload]  # a format by name
    outside = _first_outside(values, least, most)
    if outside is None:
        return ""
    index, value = outside
    says = "the model takes" if exact else "it was verified with"
    return f"input {summarize(name)}: data[{index}] is {value}, {says} {least} to {most}"


def _first_outside(values: memoryview, least: int, most: int) -> tuple[int, Any] | None:
    if not values or (least <= min(values) and max(values) <= most):
        return None
    return next(((index, value) for index, value in enumerate(values) if not least <= value <= most), None)
