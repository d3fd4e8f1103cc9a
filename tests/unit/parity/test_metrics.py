import numpy as np
import pytest

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ProjectError
from pilotlight.parity import METRICS, check_metric

SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])


@pytest.mark.parametrize("labels", [np.array([0, 1, 1, 0]), np.array([[0], [1], [1], [0]], np.uint8)])
def test_accuracy_is_the_share_of_right_samples(labels: Array) -> None:
    assert METRICS["accuracy"]({"scores": SCORES, "other": SCORES[:, ::-1]}, labels) == 0.5


@pytest.mark.parametrize(
    ("scores", "labels"),
    [(SCORES[0], np.array([0, 1])), (SCORES, np.zeros((4, 2), int)), (SCORES, np.array([0.0, 1.0, 1.0, 0.0]))],
)
def test_accuracy_of_anything_else_is_refused(scores: Array, labels: Array) -> None:
    with pytest.raises(ValueError, match="accuracy needs scores of shape"):
        METRICS["accuracy"]({"scores": scores}, labels)


@pytest.mark.parametrize("texts", [["Ein  Mann", "zwei", "drei"], [b"ein mann", b"ZWEI", b"vier"]])
def test_exact_match_is_the_share_of_texts_that_are_the_label(texts: list[str | bytes]) -> None:
    found = {"text": np.array(texts, dtype=object), "other": np.zeros(3)}
    assert METRICS["exact_match"](found, np.array(["ein Mann", "zwei", "fünf"])) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (np.array(["a"]), np.array(["a", "b"])),
        (np.array([["a"]]), np.array(["a"])),
        (np.array([1.0]), np.array(["a"])),
        (np.array(["a"]), np.array([1])),
    ],
)
def test_exact_match_of_anything_else_is_refused(texts: Array, labels: Array) -> None:
    with pytest.raises(ValueError, match="exact_match needs an output of texts"):
        METRICS["exact_match"]({"text": texts}, labels)


def test_a_metric_says_which_labels_it_takes() -> None:
    assert METRICS["exact_match"].takes(np.array(["a"]))
    assert not METRICS["exact_match"].takes(np.array([1]))
    assert METRICS["accuracy"].takes(np.array([1]))
    assert not METRICS["accuracy"].takes(np.array(["a"]))


def test_known_metrics() -> None:
    assert check_metric("accuracy", "m") == "accuracy"
    assert check_metric("", "m") == ""
    with pytest.raises(ProjectError, match=r"'f1' is not known\. Known are accuracy"):
        check_metric("f1", "m")
