"""What a caller is told of an input that the graph refuses: the reason, the shapes, and the value out of range.

The manifest knows the values of an input in one of three ways:
    exact       the input leads directly into a table of the graph, such as an embedding, and this is its size
    not exact   the smallest and the largest value among the samples of the gate
    categories  those of an encoder that forbids others; of each column, where the input has several

This module is imported when a run fails.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.light_typing import Final, Mapping
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.values_outside import find_outside, has_categories, lacks_values
from pilotlight_runtime.wrong_elements import Element, WrongElements

_MOST_SHOWN: Final = 4
"""Inputs whose shapes a message has."""

_REFUSED: Final = "the model refuses this input"
"""Of an unknown category. The operator that looks it up would only tell the number of a row."""


def explain_refusal(error: InferenceFailed, manifest: Manifest, inputs: Mapping[str, Tensor]) -> WrongElements | None:
    """Explains to the caller why the graph refuses the inputs.

    Args:
        error: The error of the run, with an explanation.
        manifest: The manifest of the version.
        inputs: The caller's tensors by name.

    Returns:
        The error for the caller; None where the graph itself may be at fault: it has answered neither here nor in the
        gate.
    """
    if error.doubtful and not manifest.parity.get("samples"):
        return None
    ranges = manifest.ranges or {}
    outside = {name: found for name, tensor in inputs.items() if (found := find_outside(tensor, ranges.get(name)))}
    explained = bool(outside) and all(has_categories(ranges[name]) for name in outside)
    parts: list[str | Element] = [_REFUSED if explained else error.explanation]
    for name, (number, says) in outside.items():
        parts += ["; ", Element(f"input {summarize(name)}", number), says]
    if not outside:
        closed = [summarize(name) for name in inputs if lacks_values(ranges.get(name))]
        parts += [f"; input {name} takes only the categories of training" for name in closed[:_MOST_SHOWN]]
    shown = [f"{summarize(name)} {list(tensor.shape)}" for name, tensor in list(inputs.items())[:_MOST_SHOWN]]
    more = ", ..." if len(inputs) > _MOST_SHOWN else ""
    return WrongElements(*parts, f"; the inputs are {', '.join(shown)}{more}")
