"""A fit that is interrupted anywhere ends with the weights, the metrics and the curve of one that is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.progress import Heard
from support.stop_after import StopAfter

from pilotlight import Run, array_batches, fit_model, text_batches
from pilotlight.core.errors import Interrupted, StoreError
from pilotlight.core.stop_request import StopRequest
from pilotlight.store import FolderBlobs
from pilotlight.training import Checkpoints
from pilotlight.training.keras.models import evaluate

EPOCHS, SAMPLES, SIZE = 3, 50, 8
STEPS = 7


def data() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    x = draw.normal(size=(SAMPLES, 4)).astype(np.float32)
    return x, (x.sum(axis=1) > 0).astype(np.int64)


def network(optimizer: Any) -> keras.Model:
    keras.utils.set_random_seed(5)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def run_in(folder: Path | None, stop: Any = None) -> Run:
    kept = Checkpoints(FolderBlobs(folder)) if folder is not None else None
    return Run("made", EPOCHS, SIZE, 0.01, 3, checkpoints=kept, stop=StopRequest() if stop is None else stop)


def averaged() -> Any:
    rate = keras.optimizers.schedules.CosineDecay(0.01, EPOCHS * STEPS)
    return keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.9)


def fitted(run: Run, optimizer: Any) -> keras.Model:
    x, y = data()
    return fit_model(network(optimizer), array_batches(x, y, run.batch_size, run.seed), run, validation=(x, y))


def same(model: keras.Model, other: keras.Model) -> bool:
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(one, another) for one, another in pairs)


def named_data() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two inputs, one of them in float64, and two outputs."""
    x, y = data()
    return {"right": x[:, 2:].astype(np.float64), "left": x[:, :2]}, {"sign": y, "sum": x.sum(axis=1, keepdims=True)}


def named_network() -> keras.Model:
    keras.utils.set_random_seed(5)
    layers = keras.layers
    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    states = layers.Dropout(0.5)(layers.Dense(8, activation="relu")(layers.Concatenate()([left, right])))
    sign, total = layers.Dense(2, activation="softmax", name="sign"), layers.Dense(1, name="sum")
    model = keras.Model([left, right], {"sign": sign(states), "sum": total(states)})
    model.compile(averaged(), {"sign": "sparse_categorical_crossentropy", "sum": "mse"}, metrics={"sign": ["accuracy"]})
    return model


def named_fit(run: Run) -> keras.Model:
    x, y = named_data()
    return fit_model(named_network(), array_batches(x, y, run.batch_size, run.seed), run, validation=(x, y))


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_several_inputs_and_outputs_by_name_resume_exactly(tmp_path: Path, precision: str) -> None:
    def run(folder: Path | None, stop: Any = None) -> Run:
        return replace(run_in(folder, stop), precision=precision)

    whole_run = run(None)
    whole = named_fit(whole_run)
    with pytest.raises(Interrupted, match="a checkpoint is stored"):
        named_fit(run(tmp_path, StopAfter(9)))
    resumed = run(tmp_path)
    assert same(named_fit(resumed), whole)
    assert resumed.recorder.curve() == whole_run.recorder.curve()


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_words_and_whole_numbers_are_inputs_of_one_network(dtype: str) -> None:
    layers = keras.layers
    words, counts = np.array([["a"], ["b"], ["c"], ["a"]] * 10, dtype), np.arange(40).reshape(-1, 1) % 3
    word, count = keras.Input((1,), dtype="string", name="word"), keras.Input((1,), dtype="int64", name="count")
    places = layers.StringLookup(vocabulary=["a", "b"])(word)
    states = [layers.Flatten()(layers.Embedding(4, 2)(ids)) for ids in (places, count)]
    model = keras.Model([word, count], layers.Dense(1)(layers.Concatenate()(states)))
    model.compile("adam", "mse")
    x, y = {"count": counts, "word": words}, (words == "a").astype(np.float32)
    run = run_in(None)
    fit_model(model, array_batches(x, y, SIZE, 3), run, validation=(x, y))
    curve = run.recorder.curve()
    assert curve is not None
    assert evaluate(model, x, y)["loss"] == pytest.approx(curve.series["val_loss"][-1], rel=1e-5)


@pytest.fixture(scope="module")
def whole() -> tuple[keras.Model, Run]:
    run = run_in(None)
    return fitted(run, averaged()), run


@pytest.mark.parametrize("looks", [0, 3, 6, 7, 12, 15, 19])
def test_a_run_that_is_stopped_anywhere_ends_as_one_that_is_not(
    looks: int, tmp_path: Path, whole: tuple[keras.Model, Run]
) -> None:
    with pytest.raises(Interrupted, match="a checkpoint is stored"):
        fitted(run_in(tmp_path, StopAfter(looks)), averaged())
    run = run_in(tmp_path)
    model = fitted(run, averaged())
    assert same(model, whole[0])
    assert run.recorder.curve() == whole[1].recorder.curve()


def test_a_run_may_be_stopped_at_every_step(tmp_path: Path) -> None:
    """Two epochs of three steps, the last of which has fewer samples: each fit compiles its step anew."""

    def short(run: Run) -> tuple[keras.Model, Run]:
        run = replace(run, epochs=2, batch_size=20)
        return fitted(run, averaged()), run

    whole, whole_run = short(run_in(None))
    stops = 0
    while True:
        try:
            model, run = short(run_in(tmp_path, StopAfter(0)))
        except Interrupted:
            stops += 1
        else:
            break
    assert stops == 2 * 3 - 1
    assert same(model, whole)
    assert run.recorder.curve() == whole_run.recorder.curve()


def test_checkpoints_come_within_an_epoch_too_and_change_nothing(
    tmp_path: Path, whole: tuple[keras.Model, Run]
) -> None:
    class Watching(FolderBlobs):
        seen: list[str] = []  # noqa: RUF012

        def put_file(self, name: str, source: Path) -> bool:
            self.seen.append(name)
            return super().put_file(name, source)

    place = Watching(tmp_path)
    run = Run("made", EPOCHS, SIZE, 0.01, 3, checkpoints=Checkpoints(place), checkpoint_minutes=0.0)
    model = fitted(run, averaged())
    ends = [f"fit-1/{epoch:06d}-{step:09d}.npz" for epoch in range(EPOCHS) for step in range(STEPS)]
    assert place.seen == [*ends[1:], f"fit-1/{EPOCHS:06d}-{0:09d}-done.npz"]
    assert list(place.names("")) == place.seen[-1:]
    assert same(model, whole[0])


def test_a_run_that_was_fitted_is_not_fitted_again(tmp_path: Path) -> None:
    first = fitted(run_in(tmp_path), averaged())
    heard = Heard()
    run = Run("made", EPOCHS, SIZE, 0.01, 3, progress=heard, checkpoints=Checkpoints(FolderBlobs(tmp_path)))
    again = fitted(run, averaged())
    assert same(first, again)
    assert heard.steps == []  # nothing is learned
    assert heard.notes == ["the model was fitted before; its last checkpoint is used as it is"]
    x, y = data()
    assert again.evaluate(x, y, verbose=0) == first.evaluate(x, y, verbose=0)
    assert again.history.params["steps"] == STEPS


def test_a_callback_that_ends_training_early_is_heeded(tmp_path: Path) -> None:
    x, y = data()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=0, min_delta=100, restore_best_weights=True)
    model = fit_model(
        network("adam"), array_batches(x, y, SIZE, 3), run_in(tmp_path), validation=(x, y), callbacks=[stop]
    )
    again = fit_model(network("adam"), array_batches(x, y, SIZE, 3), run_in(tmp_path), validation=(x, y))
    assert same(model, again)
    assert len(model.history.epoch) == 2


def test_a_network_of_other_variables_starts_over(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fitted(run_in(tmp_path, StopAfter(9)), averaged())
    x, y = data()
    keras.utils.set_random_seed(5)
    small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    small.compile("adam", "sparse_categorical_crossentropy")
    run = run_in(tmp_path)
    fit_model(small, array_batches(x, y, SIZE, 3), run)
    curve = run.recorder.curve()
    assert curve is not None
    assert curve.at == (1.0, 2.0, 3.0)


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, whole: tuple[keras.Model, Run]) -> None:
    with pytest.raises(Interrupted):
        fitted(run_in(tmp_path, StopAfter(9)), averaged())
    (name,) = FolderBlobs(tmp_path).names("")
    (tmp_path / name).with_name("000009-000000000.npz").write_bytes(b"half a file")
    assert same(fitted(run_in(tmp_path), averaged()), whole[0])


def test_rows_of_texts_go_on_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    rows = [[1 + index % 5] * (1 + index) for index in range(20)]
    labels = [len(row) % 2 for row in rows]

    def fit(run: Run) -> keras.Model:
        keras.utils.set_random_seed(5)
        ids = keras.Input((None,), dtype="int64")
        states = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(8, 4)(ids))
        model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(states))
        model.compile("adam", "sparse_categorical_crossentropy")
        return fit_model(model, text_batches(rows, labels, 4, 3), run)

    with pytest.raises(Interrupted):
        fit(run_in(tmp_path, StopAfter(8)))
    assert same(fit(run_in(tmp_path)), fit(run_in(None)))


def test_without_checkpoints_a_stopped_run_says_that_it_starts_over() -> None:
    with pytest.raises(Interrupted, match="It keeps no checkpoints: start again"):
        fitted(run_in(None, StopAfter(2)), averaged())


def test_a_network_that_is_built_by_its_first_batch_goes_on_too(tmp_path: Path) -> None:
    def fit(run: Run) -> keras.Model:
        keras.utils.set_random_seed(5)
        layers = keras.layers
        model = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(2)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        x, y = data()
        return fit_model(model, array_batches(x, y, SIZE, 3), run)

    with pytest.raises(Interrupted):
        fit(run_in(tmp_path, StopAfter(9)))
    run = run_in(tmp_path)
    resumed = fit(run)
    assert same(resumed, fit(run_in(None)))


def test_a_callback_may_end_the_rest_of_an_epoch_that_a_run_goes_on_in(tmp_path: Path) -> None:
    class Enough(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.model.stop_training = epoch == 1

    def fit(run: Run) -> keras.Model:
        x, y = data()
        return fit_model(network(averaged()), array_batches(x, y, SIZE, 3), run, callbacks=[Enough()])

    whole_run = run_in(None)
    whole = fit(whole_run)
    with pytest.raises(Interrupted):
        fit(run_in(tmp_path, StopAfter(9)))
    run = run_in(tmp_path)
    assert same(fit(run), whole)
    assert run.recorder.points == whole_run.recorder.points


def test_two_fits_in_one_train_py_keep_a_curve_each(tmp_path: Path) -> None:
    def fit(first: Run, second: Run) -> None:
        fitted(first, averaged())
        fitted(second, averaged())

    whole = run_in(None)
    fit(whole, whole)
    stopped = run_in(tmp_path)
    fitted(stopped, averaged())
    with pytest.raises(Interrupted):
        fitted(replace(stopped, stop=StopAfter(9)), averaged())
    again = run_in(tmp_path)
    fit(again, again)
    assert again.recorder.points == whole.recorder.points


def test_a_checkpoint_that_a_store_refuses_once_is_told_and_twice_ends_the_fit(tmp_path: Path) -> None:
    class Failing(FolderBlobs):
        def __init__(self, root: Path, failures: set[int]) -> None:
            super().__init__(root)
            self._failures = failures
            self._puts = 0

        def put_file(self, name: str, source: Path) -> bool:
            self._puts += 1
            if self._puts in self._failures:
                raise StoreError("s3://bucket", "S3 cannot be reached", "Check the network.")
            return super().put_file(name, source)

    def run_with(failures: set[int]) -> Run:
        place = Failing(tmp_path / str(sum(failures)), failures)
        return Run("made", EPOCHS, SIZE, 0.01, 3, checkpoints=Checkpoints(place))

    fitted(run_with({1}), averaged())
    with pytest.raises(StoreError, match="S3 cannot be reached"):
        fitted(run_with({1, 2}), averaged())


def test_what_has_a_checkpoints_name_and_is_none_makes_way(tmp_path: Path, whole: tuple[keras.Model, Run]) -> None:
    with pytest.raises(Interrupted):
        fitted(run_in(tmp_path, StopAfter(7)), averaged())
    damaged = tmp_path / "fit-1" / "000002-000000000.npz"
    damaged.write_bytes(b"half a file")
    with pytest.raises(Interrupted):
        fitted(run_in(tmp_path, StopAfter(5)), averaged())  # at the end of the second epoch
    assert damaged.stat().st_size > 100
    assert same(fitted(run_in(tmp_path), averaged()), whole[0])
