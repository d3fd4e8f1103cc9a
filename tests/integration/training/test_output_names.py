"""An output called `val`: its loss is never taken for the loss on held-out samples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from pilotlight import Run, array_batches, fit_model
from pilotlight.core.errors import TrainingError
from pilotlight.training.keras.models import history

X = np.ones((8, 3), np.float32)


def network(*outputs: str) -> keras.Model:
    x = keras.Input((3,), name="x")
    model = keras.Model(x, {name: keras.layers.Dense(1, name=name)(x) for name in outputs})
    model.compile("sgd", dict.fromkeys(outputs, "mse"))
    return model


def targets(value: float, *outputs: str) -> dict[str, Any]:
    return {name: np.full((8, 1), value, np.float32) for name in outputs}


@pytest.mark.parametrize("outputs", [("val", "price"), ("price", "val_price"), ("cost", "val_price")])
def test_a_name_that_makes_losses_ambiguous_is_refused(outputs: tuple[str, ...]) -> None:
    batches = array_batches(X, targets(1, *outputs), 4, 0)
    with pytest.raises(TrainingError, match=r"has an output 'val\w*', and Keras would write its loss as val\w*_loss"):
        fit_model(network(*outputs), batches, Run("made", 1, 4, 0.01, 0))


@pytest.mark.parametrize("outputs", [("value", "price"), ("val",)])
def test_other_names_and_the_only_output_are_free(outputs: tuple[str, ...]) -> None:
    batches = array_batches(X, targets(1, *outputs), 4, 0)
    fitted = fit_model(network(*outputs), batches, Run("made", 1, 4, 0.01, 0))
    curve = history(fitted)
    assert curve is not None
    assert set(curve.series) == {"loss"} | ({f"{name}_loss" for name in outputs} if len(outputs) > 1 else set())


@pytest.mark.parametrize(
    ("outputs", "alone", "validated"),
    [
        (("val", "price"), {"price_loss"}, {"price_loss", "val_loss", "val_price_loss", "val_val_loss"}),
        (("val_price", "price"), {"price_loss"}, {"price_loss", "val_loss", "val_price_loss", "val_val_price_loss"}),
        (("val_price", "cost"), {"cost_loss"}, {"cost_loss", "val_loss", "val_cost_loss", "val_val_price_loss"}),
    ],
)
def test_a_curve_of_model_fit_has_held_out_losses_under_their_names_only(
    outputs: tuple[str, ...], alone: set[str], validated: set[str]
) -> None:
    model = network(*outputs)
    model.fit(X, targets(1, *outputs), verbose=0)
    curve = history(model)
    assert curve is not None
    assert set(curve.series) == {"loss", *alone}
    model.fit(X, targets(1, *outputs), validation_data=(X, targets(100, *outputs)), verbose=0)
    curve = history(model)
    assert curve is not None
    assert set(curve.series) - {"loss"} == validated
    held_out = [values[0] for name, values in curve.series.items() if name.startswith("val_")]
    assert all(value is not None and value > 1000 for value in held_out)
