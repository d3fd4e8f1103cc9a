"""Loads the data and fits the model. It works as it is; replace both functions with your own.

What only training needs lies in training/ beside this file. It is not packaged into the function.
"""

import keras

from pilotlight import (
    Arrays,
    Dataset,
    Exported,
    Run,
    build_vocabulary,
    exported_classifier,
    fingerprint,
    fit_model,
    load_tsv_folder,
    text_batches,
)
from pilotlight_runtime import words

from training.reviews import load_reviews

REVIEWS = "reviews"
"""The data source that generates short film reviews. It is there to try things with."""
CLASSES = ("negative", "positive")
MIN_TEXTS = 2
"""A word of fewer texts is unknown to the model."""
LOWEST = -1e9


def load(run: Run) -> Dataset:
    """Texts, and the number of the class of each. A part is held out.

    `load_tsv_folder` reads a folder with train.tsv and test.tsv, `load_text_folder` one with a text file a class.
    """
    arrays: Arrays = load_reviews() if run.source == REVIEWS else load_tsv_folder(run, CLASSES)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=CLASSES)


def train(data: Dataset, run: Run) -> Exported:
    """Fits a small convolutional network over words for `run.epochs`, and exports it with its vocabulary."""
    tokens = [words(text) for text in data.x_train.tolist()]
    vocabulary = build_vocabulary(tokens, MIN_TEXTS)
    rows = [vocabulary.ids(each) for each in tokens]
    held = [vocabulary.ids(words(text)) for text in data.x_test.tolist()]
    model = network(vocabulary.size, len(data.classes))
    model.compile(keras.optimizers.Adam(run.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = text_batches(rows, data.y_train.tolist(), run.batch_size, run.seed)
    held_out = text_batches(held, data.y_test.tolist(), run.batch_size, run.seed)
    fit_model(model, batches, run, validation=held_out)
    return exported_classifier(model, data, vocabulary, words)


def network(size: int, classes: int) -> keras.Model:
    """A model of ids of shape (n, length), padded with 0, to probabilities. It must ignore padding."""
    layers, ops = keras.layers, keras.ops
    ids = keras.Input((None,), dtype="int64", name="ids")
    there = ops.not_equal(ids, 0)[:, :, None]
    embedded = layers.Embedding(size, 64)(ids) * ops.cast(there, "float32")
    states = layers.Conv1D(64, 5, padding="same", activation="relu")(layers.Dropout(0.3)(embedded))
    pooled = layers.Dropout(0.3)(ops.max(ops.where(there, states, LOWEST), axis=1))
    return keras.Model(ids, layers.Dense(classes, activation="softmax", name="probabilities")(pooled))
