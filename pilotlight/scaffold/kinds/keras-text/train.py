"""Where the data comes from and what is fitted to it. It works as it stands; make both functions your own."""

import keras

from pilotlight.core.artifacts import Dataset, Exported
from pilotlight.training import (
    Run,
    build_vocabulary,
    exported_classifier,
    fingerprint,
    fit_model,
    load_sentiments,
    text_batches,
)
from pilotlight_runtime.text.texts import words

LEAST = 2
"""A word of fewer texts is unknown to the model."""
LOWEST = -1e9


def load(run: Run) -> Dataset:
    """Texts, and the number of the class of each, the held-out part apart.

    `load_sentiments` knows reviews, sentences that a grammar makes, and folders with train.tsv and test.tsv.
    `load_languages` knows folders with a text file a class.
    """
    arrays, classes = load_sentiments(run)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=classes)


def train(data: Dataset, run: Run) -> Exported:
    """A small convolutional network over words, fitted for `run.epochs`; the vocabulary goes with it."""
    cut = [words(text) for text in data.x_train.tolist()]
    vocabulary = build_vocabulary(cut, LEAST)
    rows = [vocabulary.ids(tokens) for tokens in cut]
    held = [vocabulary.ids(words(text)) for text in data.x_test.tolist()]
    model = network(vocabulary.size, len(data.classes))
    model.compile(keras.optimizers.Adam(run.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = text_batches(rows, data.y_train.tolist(), run.batch_size, run.seed)
    held_out = text_batches(held, data.y_test.tolist(), run.batch_size, run.seed)
    fit_model(model, batches, run, validation=held_out)
    return exported_classifier(model, data, vocabulary, words)


def network(size: int, classes: int) -> keras.Model:
    """Ids of shape (n, length), 0 where a text is shorter, to probabilities. What is padding must count nowhere."""
    layers, ops = keras.layers, keras.ops
    ids = keras.Input((None,), dtype="int64", name="ids")
    there = ops.not_equal(ids, 0)[:, :, None]
    embedded = layers.Embedding(size, 64)(ids) * ops.cast(there, "float32")
    states = layers.Conv1D(64, 5, padding="same", activation="relu")(layers.Dropout(0.3)(embedded))
    pooled = layers.Dropout(0.3)(ops.max(ops.where(there, states, LOWEST), axis=1))
    return keras.Model(ids, layers.Dense(classes, activation="softmax", name="probabilities")(pooled))
