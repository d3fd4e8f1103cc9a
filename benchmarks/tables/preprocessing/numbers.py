"""Layers for numbers and identifiers."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.tables.preprocessing.layer_case import Cases, Inputs, make_layer, name_row


def _make_integers() -> Inputs:
    return {"number": np.array([[3, 5], [7, -2], [0, 99], [-99, 2**40], [-(2**40), 5]], np.int64)}


def list_numbers() -> Cases:
    """Yield the rows."""
    floats = {"x": np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)}
    edges = {"x": np.array([[0, 1, 0.5], [-np.inf, np.inf, np.nan], [0.49, 0.51, -0.0]], np.float32)}
    ids = {"number": np.array([[0, 1, 3], [2, 2, 2], [3, 0, 0]], np.int64)}
    yield "Normalization", make_layer("Normalization", mean=[0.0, 1.0, 2.0], variance=[1.0, 2.0, 3.0]), floats
    yield "Normalization(invert=True)", make_layer("Normalization", mean=0.5, variance=2.0, invert=True), floats
    yield "Rescaling", make_layer("Rescaling", scale=1 / 255, offset=-0.5), floats
    for mode in ("int", "one_hot", "multi_hot", "count"):
        options: dict[str, Any] = {"output_mode": mode}
        yield (
            name_row("Discretization", options),
            make_layer("Discretization", bin_boundaries=[0.0, 0.5, 1.0], **options),
            edges,
        )
    for mode in ("one_hot", "multi_hot", "count"):
        options = {"output_mode": mode}
        yield name_row("CategoryEncoding", options), make_layer("CategoryEncoding", num_tokens=4, **options), ids
    for options in (
        *({}, {"mask_token": 0}, {"num_oov_indices": 3}, {"num_oov_indices": 3, "mask_token": 0}),
        *({"output_mode": "one_hot"}, {"output_mode": "multi_hot"}, {"invert": True}),
        *({"output_mode": "tf_idf", "idf_weights": [1.0, 2.0, 3.0]}, {"num_oov_indices": 3, "oov_method": "farmhash"}),
    ):
        yield (
            name_row("IntegerLookup", options),
            make_layer("IntegerLookup", vocabulary=[5, 7, -2], **options),
            _make_integers(),
        )
    yield "Hashing of integers", make_layer("Hashing", num_bins=4), _make_integers()
