"""A fitted text classifier as train.py exports it, for an app.py with `text_classifier`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset, Exported, NamedArrays
from pilotlight.training.text.batches import padded_array
from pilotlight_runtime.text.classifier import GRAPH, INPUT, LABEL, LABELS, PROBABILITIES, VOCABULARY
from pilotlight_runtime.text.tensors import batches
from pilotlight_runtime.text.tokens import Vocabulary

_CELLS: Final = 1_000_000
"""The most in a batch, by the square of the length: attention takes memory for each pair of a text's tokens."""
_LEAST: Final = 1e-7
"""The smallest probability in the loss, which needs a logarithm; Keras uses the same value."""


def exported_classifier(
    trained: Any,
    data: Dataset,
    vocabulary: Vocabulary,
    tokenize: Callable[[str], list[str]],
    graph: Any = None,
) -> Exported:
    """Exports a Keras text classifier with its vocabulary and classes, measured on the held-out part.

    Args:
        trained: The fitted model, of int64 ids of shape (n, length), padded with 0, to probabilities of shape (n,
            classes).
        data: The data, with the names of the classes.
        vocabulary: Gives tokens their ids.
        tokenize: Splits a text into tokens: `words` or `characters`.
        graph: The Keras model to convert instead of `trained`, where another network with the same weights serves.
            Verification checks that it gives the same answers.

    Returns:
        What `train` returns, with accuracy and loss as metrics.
    """

    def predict(inputs: NamedArrays) -> NamedArrays:
        probabilities = _probabilities(trained, inputs[INPUT], vocabulary, tokenize)
        best = [data.classes[index] for index in np.argmax(probabilities, axis=1)]
        return {PROBABILITIES: probabilities, LABEL: np.array(best, dtype=object)}

    assets = {VOCABULARY: vocabulary.dump(), LABELS: (json.dumps(data.classes, ensure_ascii=False) + "\n").encode()}
    metrics = _metrics(_probabilities(trained, data.x_test, vocabulary, tokenize), data.y_test)
    return Exported({GRAPH: trained if graph is None else graph}, predict, assets, metrics, trained)


def _probabilities(trained: Any, texts: Array, vocabulary: Vocabulary, tokenize: Callable[[str], list[str]]) -> Array:
    rows = [
        vocabulary.ids(tokenize(text.decode() if isinstance(text, bytes) else str(text))) for text in texts.tolist()
    ]
    parts = list(batches(rows, _CELLS, mixed=True, power=2))
    answers = np.concatenate(
        [trained.predict_on_batch(padded_array([rows[index] for index in part])) for part in parts]
    )
    return answers[np.argsort(np.concatenate(parts))]


def _metrics(probabilities: Array, labels: Array) -> dict[str, float]:
    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    accuracy = np.mean(np.argmax(probabilities, axis=1) == labels)
    return {"accuracy": float(accuracy), "loss": float(-np.log(np.maximum(right, _LEAST)).mean())}
