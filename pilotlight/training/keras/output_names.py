"""Outputs of a Keras model whose names mix up losses on training samples with losses on held-out samples.

Of several outputs, Keras writes the loss of each as NAME_loss, and `val_` before all that it measures on held-out
samples. So the loss of an output `val` is val_loss, as the loss on held-out samples is; and that of `val_price` is
val_price_loss, as the loss of `price` on held-out samples is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pilotlight.core.errors import TrainingError
from pilotlight.core.learning_curve import HELD_OUT_PREFIX


def check_output_names(model: Any) -> None:
    """Check that the losses of a model have names of their own.

    Args:
        model: A Keras model.

    Raises:
        TrainingError: The name of an output makes them ambiguous.
    """
    for name in _list_unclear(model):
        what = f"has an output {name!r}, and Keras would write its loss as {name}_loss"
        hint = f"Names that begin with {HELD_OUT_PREFIX} stand for held-out samples: give the output another name."
        raise TrainingError("the model in train.py", what, hint)


def leave_out_unclear(series: Mapping[str, Iterable[float]], model: Any) -> dict[str, Iterable[float]]:
    """Leave out what Keras measured on training samples under a name that stands for held-out samples.

    Args:
        series: The values by name, as in the history of a fit.
        model: The fitted model.

    Returns:
        The others.
    """
    kept = dict(series)
    for output in _list_unclear(model):
        validated = f"{HELD_OUT_PREFIX}{output}_loss" in series
        for name in series:
            held_out = validated and name.removeprefix(HELD_OUT_PREFIX) in series
            if name.startswith(f"{output}_") and not held_out:
                kept.pop(name, None)
    return kept


def _list_unclear(model: Any) -> list[str]:
    names = list(getattr(model, "output_names", None) or ())  # a subclassed model has none
    return [name for name in names if f"{name}_".startswith(HELD_OUT_PREFIX)] if len(names) > 1 else []
