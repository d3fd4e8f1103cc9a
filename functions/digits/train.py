"""The digits network: two convolutions, one pooling, two dense layers."""

import math

import keras
import numpy as np

from pilotlight import Array, DataError, Dataset, Run, array_batches, fingerprint, fit_model, load_arrays

MIN_STEPS = 100
"""The fewest steps in an epoch. A small data set gets smaller batches: fewer steps would teach too little."""


def load(run: Run) -> Dataset:
    """Grey 28x28 images of 0..255 as float32 of 0..1, shape (n, 28, 28, 1); labels 0..9 as int64."""
    raw = load_arrays(run)
    for name in ("x_train", "x_test"):
        shape = getattr(raw, name).shape
        if shape[1:] not in ((28, 28), (28, 28, 1)):
            raise DataError(run.source, f"{name} has shape {list(shape)}", "This model takes images of [n, 28, 28].")
    return Dataset(
        x_train=_pixels(raw.x_train),
        y_train=_labels(raw.y_train, run.source),
        x_test=_pixels(raw.x_test),
        y_test=_labels(raw.y_test, run.source),
        source=run.source,
        fingerprint=fingerprint(raw),
    )


def train(data: Dataset, run: Run) -> keras.Model:
    """Fits the network for `run.epochs`; the learning rate falls to 0 along half a cosine."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ]
    )
    batch = max(1, min(run.batch_size, len(data.x_train) // MIN_STEPS))
    steps = run.epochs * math.ceil(len(data.x_train) / batch)
    rate = keras.optimizers.schedules.CosineDecay(run.learning_rate, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = array_batches(data.x_train, data.y_train, batch, run.seed)
    return fit_model(model, batches, run, validation=(data.x_test, data.y_test))


def _pixels(images: Array) -> Array:
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / np.float32(255)


def _labels(labels: Array, source: str) -> Array:
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or int(labels.min()) < 0 or int(labels.max()) > 9:
        raise DataError(source, "has labels other than the whole numbers 0..9", "Give each image one digit.")
    return labels.astype(np.int64)
