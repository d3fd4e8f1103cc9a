"""The private names of Keras that fitting on several devices needs: there in this version, and reported where not."""

import keras
import numpy as np
import pytest

from pilotlight import TrainingError
from pilotlight.training.keras.internals import build_variables, take_summed_gradients


def compiled() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse", metrics=["mae"])
    return model


def test_all_variables_are_made_and_nothing_is_learned() -> None:
    model = compiled()
    before = model.get_weights()
    build_variables(model, (np.ones((1, 2)), np.ones((1, 1))))
    assert model.optimizer.built
    assert len(model.metrics_variables) == 4
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_an_optimizer_takes_gradients_as_they_are() -> None:
    model = compiled()
    pairs = [(1.0, "variable")]
    take_summed_gradients(model.optimizer)
    assert model.optimizer.inner_optimizer._all_reduce_sum_gradients(pairs) == pairs


def test_another_keras_is_reported_with_what_to_do() -> None:
    what = rf"Keras {keras.__version__}: has no object\.{{}}, which .*Install a Keras .*devices = \"one\""
    with pytest.raises(TrainingError, match=what.format("_symbolic_build")):
        build_variables(object(), None)
    with pytest.raises(TrainingError, match=what.format("_all_reduce_sum_gradients")):
        take_summed_gradients(object())
