"""What a fitted Keras model tells: its metrics on the held-out part, its history, its steps."""

from __future__ import annotations

from typing import Any

from pilotlight.core.learning_curve import LearningCurve, to_finite
from pilotlight.core.samples import Samples
from pilotlight.training.keras.output_names import leave_out_unclear
from pilotlight.training.keras.texts import adapt_texts


def is_keras(model: object) -> bool:
    """Whether `model` is a Keras model. Does not import Keras."""
    return any(kind.__module__.split(".")[0] == "keras" and kind.__name__ == "Model" for kind in type(model).__mro__)


def evaluate(model: Any, x_test: Samples, y_test: Samples) -> dict[str, float]:
    """The compiled loss and metrics of `model` on the held-out part, by name.

    Empty where the model is not compiled, or there are no targets.
    """
    if not model.compiled or y_test is None:
        return {}
    data = adapt_texts((x_test, y_test))
    found = model.evaluate(*(data if isinstance(data, tuple) else (data,)), verbose=0, return_dict=True)
    return {name: float(value) for name, value in found.items()}


def steps_per_epoch(model: Any) -> int | None:
    """How many steps each epoch of the last `fit` took; None where the model has no history."""
    params = getattr(getattr(model, "history", None), "params", None) or {}
    return params.get("steps")


def history(model: Any) -> LearningCurve | None:
    """What the last `fit` measured, by epoch; None where there was none.

    Series that were not measured in every epoch (validation_freq) are left out: Keras does not record in which epochs
    they were. So are those whose names an output makes ambiguous, see output_names.py.
    """
    last = getattr(model, "history", None)
    epochs = [float(epoch) + 1 for epoch in getattr(last, "epoch", None) or []]
    found = leave_out_unclear(getattr(last, "history", None) or {}, model)
    series = {name: tuple(to_finite(value) for value in values) for name, values in found.items()}
    series = {name: values for name, values in series.items() if len(values) == len(epochs)}
    return LearningCurve("epoch", tuple(epochs), series) if epochs and series else None
