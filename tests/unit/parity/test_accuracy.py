"""Accuracy from classes, from scores, for several targets and several labels, as scikit-learn's accuracy_score."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.verification.metrics import METRICS

DRAW = np.random.default_rng(5)
LABELS = DRAW.integers(0, 3, 40)
ANSWERS = np.where(DRAW.random(40) < 0.7, LABELS, 0)
SEVERAL = DRAW.integers(0, 2, (40, 3))
SCORES = np.where(DRAW.random((40, 3)) < 0.8, SEVERAL, 1 - SEVERAL) * 0.6 + 0.2
CHOSEN = (SCORES > 0.5).astype(int)


@pytest.mark.parametrize(
    ("outputs", "labels", "answers"),
    [
        ({"label": ANSWERS}, LABELS, ANSWERS),
        ({"label": ANSWERS}, LABELS[:, None], ANSWERS),
        ({"label": np.eye(3, dtype=np.float32)[ANSWERS] * 5 - 1}, LABELS, ANSWERS),
        ({"label": CHOSEN}, SEVERAL, CHOSEN),
        ({"probabilities": SCORES.astype(np.float32)}, SEVERAL, CHOSEN),
        ({"scores": (SCORES - 0.5) * 9}, SEVERAL, CHOSEN),
        ({"probabilities": np.stack([1 - SCORES, SCORES], axis=2)}, SEVERAL, CHOSEN),
        ({"probability": SCORES[:, 0]}, SEVERAL[:, 0], CHOSEN[:, 0]),
        ({"score": (SCORES[:, :1] - 0.5) * 9}, SEVERAL[:, 0], CHOSEN[:, 0]),
        ({"label": np.where(ANSWERS == 0, -1, 1), "score": SCORES[:, :1]}, np.where(LABELS == 0, -1, 1), None),
        ({"label": CHOSEN[:, 0] > 0}, SEVERAL[:, 0] > 0, CHOSEN[:, 0] > 0),
    ],
    ids=[
        "classes",
        "labels with an axis",
        "scores of classes",
        "several labels",
        "a probability a label",
        "a decision score a label",
        "scores of each target",
        "a probability",
        "a decision score",
        "outliers",
        "booleans",
    ],
)
def test_the_share_of_samples_that_are_all_right(outputs: NamedArrays, labels: Array, answers: Array | None) -> None:
    wanted = accuracy_score(labels, np.where(ANSWERS == 0, -1, 1) if answers is None else answers)
    assert METRICS["accuracy"](outputs, labels) == pytest.approx(wanted)


@pytest.mark.parametrize("answer", [["ash", "oak", "ash"], [b"ash", b"oak", b"ash"]])
def test_texts_are_compared_as_they_are(answer: list[str | bytes]) -> None:
    outputs = {"label": np.array(answer, dtype=object)}
    assert METRICS["accuracy"](outputs, np.array(["ash", "oak", "Ash"])) == pytest.approx(2 / 3)
