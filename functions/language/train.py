"""The language model: convolutions and self-attention over characters, pooled by mean and maximum."""

import keras
import numpy as np

from pilotlight import (
    Dataset,
    Exported,
    LabelledTexts,
    Run,
    build_vocabulary,
    exported_classifier,
    fingerprint,
    fit_model,
    load_text_folder,
    text_batches,
)
from pilotlight_runtime import characters

from training.messages import LANGUAGES, load_messages

DJANGO = "django"
"""The data source that reads Django's translations."""
MIN_STEPS = 100
"""The fewest steps in an epoch. A small data set gets smaller batches: fewer steps would teach too little."""
MIN_TEXTS = 8
"""A character of fewer texts shares one of BUCKETS embeddings with others: Chinese and Korean have thousands."""
BUCKETS = 16
WIDTH = 48
FILTERS = 32
HEADS = 4
LOWEST = -1e9
MAX_CHARACTERS = 2000
"""Of a text, as in app.py."""
SHORTEST, LONGEST = 8, 80
"""Characters in the parts of texts to learn from: callers' texts start and end anywhere."""


def load(run: Run) -> Dataset:
    """Texts as x, numbers of languages as y: of Django's translations, or of a folder with a file a language."""
    if run.source == DJANGO:
        arrays, classes = LabelledTexts(load_messages(), LANGUAGES)
    else:
        arrays, classes = load_text_folder(run, MAX_CHARACTERS)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=classes)


def train(data: Dataset, run: Run) -> Exported:
    """Fits the network for `run.epochs`, on other parts of the texts in each; the learning rate falls to 0."""
    cut = [characters(text) for text in data.x_train.tolist()]
    vocabulary = build_vocabulary(cut, MIN_TEXTS, BUCKETS)
    learned = [vocabulary.ids(tokens) for tokens in cut]
    held = [vocabulary.ids(characters(text)) for text in data.x_test.tolist()]
    size = max(1, min(run.batch_size, len(learned) // MIN_STEPS))
    batches = text_batches(learned, data.y_train.tolist(), size, run.seed, random_part)
    model = network(vocabulary.size, len(data.classes))
    rate = keras.optimizers.schedules.CosineDecay(run.learning_rate, run.epochs * len(batches))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit_model(model, batches, run, validation=text_batches(held, data.y_test.tolist(), run.batch_size, run.seed))
    return exported_classifier(model, data, vocabulary, characters)


def network(size: int, classes: int) -> keras.Model:
    """A model of ids of shape (n, length), padded with 0, to probabilities. It ignores padding."""
    layers, ops = keras.layers, keras.ops
    ids = keras.Input((None,), dtype="int64", name="ids")
    there = ops.not_equal(ids, 0)
    real = ops.cast(there, "float32")[:, :, None]
    embedded = layers.Dropout(0.15)(layers.Embedding(size, WIDTH)(ids) * real)
    convolved = [layers.Conv1D(FILTERS, width, padding="same", activation="relu")(embedded) for width in (2, 3, 5)]
    states = ops.concatenate(convolved, axis=-1) * real
    width = states.shape[-1]
    attention = layers.MultiHeadAttention(HEADS, width // HEADS, dropout=0.1)
    attended = attention(states, states, attention_mask=there[:, None, :])
    states = layers.LayerNormalization()(states + layers.Dropout(0.15)(attended))
    dense = layers.Dense(width)(layers.Dense(2 * width, activation="relu")(states))
    states = layers.LayerNormalization()(states + dense)
    mean = ops.sum(states * real, axis=1) / ops.sum(real, axis=1)
    highest = ops.max(ops.where(there[:, :, None], states, LOWEST), axis=1)
    pooled = layers.Dropout(0.3)(ops.concatenate([mean, highest], axis=-1))
    return keras.Model(ids, layers.Dense(classes, activation="softmax", name="probabilities")(pooled))


def random_part(row: list[int], draw: np.random.Generator) -> list[int]:
    """A part of `row` of SHORTEST to LONGEST characters. A short row stays whole, and so do three rows in ten."""
    if len(row) <= LONGEST and (len(row) <= SHORTEST or draw.random() < 0.3):
        return row
    size = int(draw.integers(SHORTEST, min(len(row), LONGEST) + 1))
    start = int(draw.integers(0, len(row) - size + 1))
    return row[start : start + size]
