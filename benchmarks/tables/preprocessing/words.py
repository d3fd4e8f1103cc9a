"""Layers for words and categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.tables.preprocessing.layer_case import Build, Cases, Inputs, make_layer, name_row
from benchmarks.tables.preprocessing.samples import VOCABULARY, WORDS


def _weigh(build: Build) -> Build:
    """Sum ids by their position. Without a length a layer pads to the longest text of the batch, so its ids differ."""

    def weigh(given: Any) -> Any:
        ids = build(given)
        return ops.sum(ids * ops.cumsum(ops.ones_like(ids), axis=-1), axis=-1, keepdims=True)

    return weigh


def _make_words(columns: int = 1) -> Inputs:
    draw = np.random.default_rng(5)
    words = np.array(WORDS, object)
    rows = words[:, None] if columns == 1 else draw.choice(words, (2 * len(words), columns))
    return {"text": rows}


def list_words() -> Cases:
    """Yield the rows."""
    one, two = _make_words(), _make_words(2)
    weights = [1.0 + index / 3 for index in range(len(VOCABULARY))]
    for options in (
        *({}, {"mask_token": ""}, {"mask_token": "a", "oov_token": "b"}, {"output_mode": "one_hot"}),
        *({"output_mode": "multi_hot"}, {"output_mode": "count"}, {"output_mode": "tf_idf", "idf_weights": weights}),
        *({"output_mode": "count", "pad_to_max_tokens": True, "max_tokens": 40}, {"num_oov_indices": 3}),
    ):
        yield name_row("StringLookup", options), make_layer("StringLookup", vocabulary=VOCABULARY, **options), two
    known = {"text": np.array([["a"], ["é"], [""]], object)}
    closed = make_layer("StringLookup", vocabulary=VOCABULARY, num_oov_indices=0, mask_token="")
    yield "StringLookup(num_oov_indices=0)", closed, known
    inverse = {"number": np.array([[0, 1], [5, 99], [-1, 2]], np.int64)}
    yield "StringLookup(invert=True)", make_layer("StringLookup", vocabulary=VOCABULARY, invert=True), inverse
    for settings in (
        *({}, {"output_sequence_length": 4}, {"standardize": None}, {"standardize": "lower"}),
        *({"standardize": "strip_punctuation"}, {"split": None}, {"split": "character"}, {"ngrams": 2}),
        *({"ngrams": (1, 3), "output_sequence_length": 6}, {"output_mode": "multi_hot"}, {"output_mode": "count"}),
        *({"output_mode": "tf_idf", "idf_weights": weights}, {"output_mode": "count", "ngrams": 2}),
        {"split": "character", "output_mode": "count", "ngrams": 2},
    ):
        layer = make_layer("TextVectorization", vocabulary=VOCABULARY, **settings)
        fixed = settings.keys() & {"output_sequence_length", "output_mode"}
        padded = not fixed and settings.get("split", "") is not None
        yield name_row("TextVectorization", settings), _weigh(layer) if padded else layer, one
    own = make_layer("TextVectorization", vocabulary=[*VOCABULARY, "_"], standardize=_standardize, split=_split)
    yield "TextVectorization(standardize=function, split=function)", _weigh(own), one
    yield "Hashing", make_layer("Hashing", num_bins=4), one
    yield "HashedCrossing", lambda given: make_layer("HashedCrossing", num_bins=4)([given, given]), one


def _standardize(text: Any) -> Any:
    lower = tf.strings.regex_replace(tf.strings.lower(text), "<br />", " ")
    return tf.strings.regex_replace(tf.strings.regex_replace(lower, r"\s+", "_"), "[!.;]", "")


def _split(text: Any) -> Any:
    return tf.strings.split(text, sep=",")
