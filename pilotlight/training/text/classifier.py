"""A fitted text classifier as train.py exports it, for an app.py of pilotlight_runtime.text.classifier."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset, Exported, Named
from pilotlight.training.text.batches import padded_array
from pilotlight_runtime.text.classifier import GRAPH, INPUT, LABEL, LABELS, PROBABILITIES, VOCABULARY
from pilotlight_runtime.text.texts import Vocabulary, batches

_CELLS: Final = 1_000_000
"""Of a batch, length squared: attention over a long text takes memory for each pair of its tokens."""
_LEAST: Final = 1e-7
"""A probability in the loss, which has no logarithm of 0 then; Keras's own value."""


def exported_classifier(
    trained: Any,
    data: Dataset,
    vocabulary: Vocabulary,
    cut: Callable[[str], list[str]],
    graph: Any = None,
) -> Exported:
    """The Keras model `trained` with its vocabulary and the names of the classes, judged by the held-out part.

    trained: ids of shape (n, length), padded with 0 where texts differ in length, to probabilities (n, classes). cut:
    text to tokens. graph: what is converted, where another network with the same weights serves; it must answer the
    same, which the gate sees.
    """

    def predict(inputs: Named) -> Named:
        probabilities = _probabilities(trained, inputs[INPUT], vocabulary, cut)
        best = [data.classes[index] for index in np.argmax(probabilities, axis=1)]
        return {PROBABILITIES: probabilities, LABEL: np.array(best, dtype=object)}

    assets = {VOCABULARY: vocabulary.dump(), LABELS: (json.dumps(data.classes, ensure_ascii=False) + "\n").encode()}
    metrics = _metrics(_probabilities(trained, data.x_test, vocabulary, cut), data.y_test)
    return Exported({GRAPH: trained if graph is None else graph}, predict, assets, metrics, trained)


def _probabilities(trained: Any, texts: Array, vocabulary: Vocabulary, cut: Callable[[str], list[str]]) -> Array:
    rows = [vocabulary.ids(cut(text.decode() if isinstance(text, bytes) else str(text))) for text in texts.tolist()]
    parts = list(batches(rows, _CELLS, mixed=True, power=2))
    answers = np.concatenate(
        [trained.predict_on_batch(padded_array([rows[index] for index in part])) for part in parts]
    )
    return answers[np.argsort(np.concatenate(parts))]


def _metrics(probabilities: Array, labels: Array) -> dict[str, float]:
    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    accuracy = np.mean(np.argmax(probabilities, axis=1) == labels)
    return {"accuracy": float(accuracy), "loss": float(-np.log(np.maximum(right, _LEAST)).mean())}
