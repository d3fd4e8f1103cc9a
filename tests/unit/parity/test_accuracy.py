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
UNEVEN = np.c_[SEVERAL[:, 0], LABELS]
UNEVEN_ANSWERS = np.c_[CHOSEN[:, 0], ANSWERS]
TWO_CLASSES = np.c_[1 - SCORES[:, 0], SCORES[:, 0]]
OTHER_TWO = np.c_[1 - SCORES[:, 1], SCORES[:, 1]]
THREE_CLASSES = np.eye(3, dtype=np.float32)[ANSWERS] * 0.8


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
        ({"y_0": TWO_CLASSES, "y_1": OTHER_TWO}, SEVERAL[:, :2], CHOSEN[:, :2]),
        ({"y_0": TWO_CLASSES, "y_1": OTHER_TWO, "label": np.zeros((40, 2), int)}, SEVERAL[:, :2], CHOSEN[:, :2]),
        ({"label": CHOSEN[:, :2], "score": SCORES[:, :2], "margin": SCORES[:, 1:]}, SEVERAL[:, :2], CHOSEN[:, :2]),
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
        "an output of scores a target of two classes",
        "an output of scores a target, and classes",
        "classes, and as many outputs of floats as labels",
    ],
)
def test_the_share_of_samples_that_are_all_right(outputs: NamedArrays, labels: Array, answers: Array | None) -> None:
    wanted = accuracy_score(labels, np.where(ANSWERS == 0, -1, 1) if answers is None else answers)
    assert METRICS["accuracy"](outputs, labels) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "outputs",
    [
        {"y_0": TWO_CLASSES, "y_1": THREE_CLASSES},
        {"y_1": THREE_CLASSES, "y_0": TWO_CLASSES},
        {"color": TWO_CLASSES, "shape": THREE_CLASSES},
    ],
    ids=["in order", "by number", "without numbers"],
)
def test_targets_of_several_classes_have_an_output_of_scores_each(outputs: NamedArrays) -> None:
    wanted = np.mean(np.all(UNEVEN == UNEVEN_ANSWERS, axis=1))  # accuracy_score takes no targets of several classes
    assert 0 < wanted < 1
    assert METRICS["accuracy"](outputs, UNEVEN) == pytest.approx(wanted)


@pytest.mark.parametrize("answer", [["ash", "oak", "ash"], [b"ash", b"oak", b"ash"]])
def test_texts_are_compared_as_they_are(answer: list[str | bytes]) -> None:
    outputs = {"label": np.array(answer, dtype=object)}
    assert METRICS["accuracy"](outputs, np.array(["ash", "oak", "Ash"])) == pytest.approx(2 / 3)
