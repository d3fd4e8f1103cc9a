import keras
import numpy as np
from support.progress import Heard

from pilotlight import keras_progress
from pilotlight.training import Recorder
from pilotlight.training.keras.models import evaluate, history, is_keras, steps_per_epoch


def fitted(heard: Heard, seconds_a_step: float) -> keras.Model:
    """A one-weight network after 2 epochs of 10 steps; the clock moves by `seconds_a_step` at each look."""
    times = iter(np.arange(1000) * seconds_a_step)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.linspace(0, 1, 20, dtype=np.float32)[:, None]
    callback = keras_progress(heard, clock=lambda: float(next(times)))
    model.fit(x, 2 * x, epochs=2, batch_size=2, verbose=0, validation_data=(x, 2 * x), callbacks=[callback])
    return model


def test_every_step_counts_over_all_epochs() -> None:
    heard = Heard()
    fitted(heard, seconds_a_step=1.0)
    assert heard.steps == [(done, 20) for done in [*range(1, 11), 10, *range(11, 21), 20]]
    assert [note.split(" loss ")[0] for note in heard.notes] == ["epoch 1 of 2:", "epoch 2 of 2:"]
    assert all("val_loss" in note for note in heard.notes)
    assert heard.stages == []  # a callback begins no stage


def test_fast_steps_are_not_all_reported() -> None:
    heard = Heard()
    fitted(heard, seconds_a_step=0.001)
    assert heard.steps == [(1, 20), (10, 20), (20, 20)]


def test_what_a_fitted_model_tells() -> None:
    model = fitted(Heard(), seconds_a_step=1.0)
    x = np.ones((4, 1), np.float32)
    assert is_keras(model)
    assert steps_per_epoch(model) == 10
    assert evaluate(model, x, x)["loss"] >= 0
    curve = history(model)
    assert curve is not None
    assert (curve.axis, curve.at, list(curve.series)) == ("epoch", (1.0, 2.0), ["loss", "val_loss"])
    assert curve.series["loss"] == tuple(model.history.history["loss"])


def test_each_epoch_is_recorded_where_that_is_asked_for() -> None:
    recorder = Recorder()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1), np.float32)
    callback = keras_progress(Heard(), recorder=recorder)
    model.fit(x, x, epochs=3, verbose=0, validation_data=(x, x), callbacks=[callback])
    assert recorder.curve() == history(model)


def test_what_was_not_measured_in_every_epoch_is_no_series() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1), np.float32)
    model.fit(x, x, epochs=3, verbose=0, validation_data=(x, x), validation_freq=2)
    curve = history(model)
    assert curve is not None
    assert list(curve.series) == ["loss"]


def test_a_model_that_was_not_compiled_tells_nothing() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    x = np.ones((4, 1), np.float32)
    assert evaluate(model, x, x) == {}
    assert steps_per_epoch(model) is None
    assert history(model) is None
    assert not is_keras(object())
