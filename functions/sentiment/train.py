"""The sentiment model: a bidirectional LSTM over word embeddings, its states pooled by their maximum."""

import keras
import numpy as np

from pilotlight.core.artifacts import Dataset, Exported
from pilotlight.training import (
    Run,
    build_vocabulary,
    exported_classifier,
    fingerprint,
    fit_model,
    load_sentiments,
    log_count_ratios,
    text_batches,
)
from pilotlight_runtime.text.texts import words

STEPS_AN_EPOCH = 100
"""At least so many: a small data set takes smaller batches, or five epochs would be too few steps to learn from."""
LEAST = 2
"""A word of fewer sentences is unknown: nothing could be learned of it but what to say of unknown words."""
WIDTH = 128
UNITS = 64
RATIO = 0.3
"""How much of a word's log-count ratio its embedding begins with."""
LOWEST = -1e9


def load(run: Run) -> Dataset:
    """Sentences as texts; 0 is negative, 1 positive."""
    arrays, classes = load_sentiments(run)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=classes)


def train(data: Dataset, run: Run) -> Exported:
    """The network fitted for `run.epochs`; its weights are averaged over the steps."""
    cut = [words(text) for text in data.x_train.tolist()]
    vocabulary = build_vocabulary(cut, LEAST)
    rows = [vocabulary.ids(tokens) for tokens in cut]
    held = [vocabulary.ids(words(text)) for text in data.x_test.tolist()]
    model = network(vocabulary.size, masked=True)
    begin_with_ratios(model, log_count_ratios(rows, data.y_train.tolist(), vocabulary.size))
    batch = max(1, min(run.batch_size, len(rows) // STEPS_AN_EPOCH))
    optimizer = keras.optimizers.Adam(run.learning_rate, clipnorm=1.0, use_ema=True, ema_momentum=0.99)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = text_batches(rows, data.y_train.tolist(), batch, run.seed)
    fit_model(model, batches, run, validation=text_batches(held, data.y_test.tolist(), run.batch_size, run.seed))
    return exported_classifier(model, data, vocabulary, words, graph=unmasked(model, vocabulary.size))


def network(size: int, *, masked: bool) -> keras.Model:
    """Ids of shape (n, length) to probabilities; with masks, where rows are padded with 0.

    Masks take a loop in ONNX. Without them the LSTM becomes ONNX's own operator, and rows must be of one length.
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


def begin_with_ratios(model: keras.Model, ratios: np.ndarray) -> None:
    """Has the embedding of each word begin with how it divides the classes; the other places begin near 0."""
    layer = model.get_layer("words")
    (weights,) = layer.get_weights()
    weights[:, 0] = RATIO * ratios
    layer.set_weights([weights])


def unmasked(model: keras.Model, size: int) -> keras.Model:
    """The network that is served, with the weights of `model`."""
    served = network(size, masked=False)
    served.set_weights(model.get_weights())
    return served
