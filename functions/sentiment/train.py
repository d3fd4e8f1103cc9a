"""The sentiment model: a bidirectional LSTM over word embeddings, its states pooled by their maximum."""

import keras
import numpy as np

from pilotlight import (
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

from training.ratios import log_count_ratios
from training.reviews import load_reviews

REVIEWS = "reviews"
"""The data source that generates short film reviews."""
CLASSES = ("negative", "positive")
MIN_STEPS = 100
"""The fewest steps in an epoch. A small data set gets smaller batches: fewer steps would teach too little."""
MIN_TEXTS = 2
"""A word of fewer sentences is unknown: the model learns from it what to answer to unknown words."""
WIDTH = 128
UNITS = 64
RATIO = 0.3
"""The factor of a word's log-count ratio in its initial embedding."""
LOWEST = -1e9


def load(run: Run) -> Dataset:
    """Sentences as x, 0 (negative) or 1 (positive) as y: generated reviews, or a folder with train.tsv and test.tsv."""
    arrays = load_reviews() if run.source == REVIEWS else load_tsv_folder(run, CLASSES)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=CLASSES)


def train(data: Dataset, run: Run) -> Exported:
    """Fits the network for `run.epochs`, with weights averaged over the steps."""
    cut = [words(text) for text in data.x_train.tolist()]
    vocabulary = build_vocabulary(cut, MIN_TEXTS)
    rows = [vocabulary.ids(tokens) for tokens in cut]
    held = [vocabulary.ids(words(text)) for text in data.x_test.tolist()]
    model = network(vocabulary.size, masked=True)
    set_ratios(model, log_count_ratios(rows, data.y_train.tolist(), vocabulary.size))
    batch = max(1, min(run.batch_size, len(rows) // MIN_STEPS))
    optimizer = keras.optimizers.Adam(run.learning_rate, clipnorm=1.0, use_ema=True, ema_momentum=0.99)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = text_batches(rows, data.y_train.tolist(), batch, run.seed)
    fit_model(model, batches, run, validation=text_batches(held, data.y_test.tolist(), run.batch_size, run.seed))
    return exported_classifier(model, data, vocabulary, words, graph=unmasked(model, vocabulary.size))


def network(size: int, *, masked: bool) -> keras.Model:
    """A model of ids of shape (n, length) to probabilities. With `masked`, rows may be padded with 0.

    A mask becomes a loop in ONNX. Without one the LSTM becomes ONNX's own operator, and rows must have one length.
    """
    layers, ops = keras.layers, keras.ops
    ids = keras.Input((None,), dtype="int64", name="ids")
    words_dropped = layers.Dropout(0.2, noise_shape=(None, None, 1))
    embedded = layers.Dropout(0.5)(words_dropped(layers.Embedding(size, WIDTH, name="words")(ids)))
    there = ops.not_equal(ids, 0) if masked else None
    states = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))(embedded, mask=there)
    if there is not None:
        states = ops.where(there[:, :, None], states, LOWEST)
    pooled = layers.Dropout(0.5)(ops.max(states, axis=1))
    return keras.Model(ids, layers.Dense(2, activation="softmax", name="probabilities")(pooled))


def set_ratios(model: keras.Model, ratios: np.ndarray) -> None:
    """Sets the first value of each word's initial embedding to its ratio; the other values start near 0."""
    layer = model.get_layer("words")
    (weights,) = layer.get_weights()
    weights[:, 0] = RATIO * ratios
    layer.set_weights([weights])


def unmasked(model: keras.Model, size: int) -> keras.Model:
    """The network to serve, with the weights of `model`."""
    served = network(size, masked=False)
    served.set_weights(model.get_weights())
    return served
