"""Loads the data and fits the model. It works as it is; replace both functions with your own."""

import keras
import numpy as np

from pilotlight import Array, Dataset, Run, array_batches, fingerprint, fit_model, load_arrays


def load(run: Run) -> Dataset:
    """Pictures as float32 of 0..1, shape (n, 28, 28, 1), and the class of each, 0..9. A part is held out.

    `load_arrays` reads digits (from scikit-learn), mnist, PATH.npz, folders of .npy files and s3://bucket/key.npz.
    For several inputs, give a dict of arrays by the names in [signature] of model.toml.
    """
    raw = load_arrays(run)
    return Dataset(
        x_train=_pixels(raw.x_train),
        y_train=raw.y_train.astype(np.int64),
        x_test=_pixels(raw.x_test),
        y_test=raw.y_test.astype(np.int64),
        source=run.source,
        fingerprint=fingerprint(raw),
    )


def train(data: Dataset, run: Run) -> keras.Model:
    """Fits a small convolutional network for `run.epochs`."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ]
    )
    model.compile(keras.optimizers.Adam(run.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = array_batches(data.x_train, data.y_train, run.batch_size, run.seed)
    return fit_model(model, batches, run, validation=(data.x_test, data.y_test))


def _pixels(images: Array) -> Array:
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / np.float32(255)
