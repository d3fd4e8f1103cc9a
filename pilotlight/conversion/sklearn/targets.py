"""The scores of a classifier of several targets: an output for each target, or one for all."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.signature import TensorSpec


def find_target(spec: TensorSpec) -> int | None:
    """Return the target whose scores an output holds: the number at the end of its name; None for all of them."""
    digits = spec.name[len(spec.name.rstrip("0123456789")) :]
    return int(digits) if digits and len(spec.shape) < 3 else None


def take_target(scores: list[Array], spec: TensorSpec) -> Array:
    """Return the scores of one target, or those of all in one array of shape [n, targets, classes].

    Args:
        scores: The scores of each target, of shape [n, classes].
        spec: The output.

    Raises:
        ConversionError: The scores of all do not fit into one array, or into the output.
    """
    target = find_target(spec)
    if target is not None and target < len(scores):
        return scores[target]
    check_targets([array.shape[1] for array in scores], spec)
    return np.stack(scores, axis=1)


def check_targets(classes: Iterable[int], spec: TensorSpec) -> None:
    """Raise ConversionError where the scores of several targets do not fit into one output.

    Args:
        classes: The number of classes of each target.
        spec: The output.
    """
    counts = list(classes)
    if len(set(counts)) > 1 or len(spec.shape) != 3:
        wanted = f"Give it shape [-1, {len(counts)}, {counts[0]}], or give " if len(set(counts)) == 1 else "Give "
        first = f"{spec.name}_0"
        raise ConversionError(
            "[signature] in model.toml",
            f"has the output {spec.name} of shape {list(spec.shape)} for the scores of {len(counts)} targets, which "
            f"have {', '.join(map(str, counts))} classes",
            f"{wanted}each target an output of its own: {first} of shape [-1, {counts[0]}], and so on.",
        )
