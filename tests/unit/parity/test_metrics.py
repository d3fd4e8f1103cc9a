import numpy as np
import pytest
import sklearn.metrics

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ProjectError
from pilotlight.verification.metrics import METRICS, check_metric

SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])


@pytest.mark.parametrize("labels", [np.array([0, 1, 1, 0]), np.array([[0], [1], [1], [0]], np.uint8)])
def test_accuracy_is_the_share_of_right_samples(labels: Array) -> None:
    assert METRICS["accuracy"]({"scores": SCORES, "other": SCORES[:, ::-1]}, labels) == 0.5


@pytest.mark.parametrize(
    ("scores", "labels"),
    [(SCORES[0], np.array([0, 2])), (SCORES, np.full((4, 2), 2)), (SCORES, np.array([0.0, 1.0, 1.0, 0.0]))],
)
def test_accuracy_of_anything_else_is_refused(scores: Array, labels: Array) -> None:
    with pytest.raises(ValueError, match="accuracy needs scores of shape"):
        METRICS["accuracy"]({"scores": scores}, labels)


def test_accuracy_goes_by_the_scores_wherever_they_stand() -> None:
    outputs = {"kind": np.array([1, 1, 1, 1]), "name": np.array(["a"] * 4), "scores": SCORES}
    assert METRICS["accuracy"](outputs, np.array([0, 1, 0, 1])) == 1.0


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


def test_known_metrics() -> None:
    assert check_metric("accuracy", "m") == "accuracy"
    assert check_metric("", "m") == ""
    with pytest.raises(ProjectError, match=r"'f1' is not known\. Known are accuracy, r2, adjusted_rand"):
        check_metric("f1", "m")


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_r2_is_scikit_learns(shape: tuple[int, ...]) -> None:
    draw = np.random.default_rng(2)
    truth = draw.normal(size=40)
    found = (truth + draw.normal(size=40)).astype(np.float32)
    for labels in (truth, (truth * 10).astype(int)):
        wanted = sklearn.metrics.r2_score(labels, found)
        assert METRICS["r2"]({"y": found.reshape(shape)}, labels.reshape(shape)) == pytest.approx(wanted)
    assert METRICS["r2"]({"y": truth.reshape(shape)}, truth) == 1.0


@pytest.mark.parametrize(
    ("found", "labels", "message"),
    [
        (np.zeros((4, 2)), np.arange(4.0), r"r2 needs numbers of shape \[n\], \[n, 1\] or \[n, targets\]"),
        (np.zeros(4), np.arange(3.0), "r2 needs numbers"),
        (np.zeros(4), np.arange(8.0).reshape(4, 2), "r2 needs numbers"),
        (np.zeros(4), np.ones(4), "r2 needs labels that are not all equal"),
    ],
)
def test_r2_of_anything_else_is_refused(found: Array, labels: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        METRICS["r2"]({"y": found}, labels)


@pytest.mark.parametrize(("clusters", "noise"), [(3, 0), (3, 10), (5, 20), (1, 0)])
def test_adjusted_rand_is_scikit_learns(clusters: int, noise: int) -> None:
    draw = np.random.default_rng(clusters)
    truth = draw.integers(0, 3, 60)
    found = (truth + 1) % clusters + 7
    found[:noise] = draw.integers(7, 7 + clusters, noise)
    outputs = {"distances": np.zeros((60, clusters)), "cluster": found}
    assert METRICS["adjusted_rand"](outputs, truth) == pytest.approx(sklearn.metrics.adjusted_rand_score(truth, found))


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        ({"distances": np.zeros((4, 2))}, np.arange(4)),
        ({"cluster": np.zeros((4, 1), int)}, np.arange(4)),
        ({"cluster": np.zeros(4, int)}, np.arange(3)),
        ({"cluster": np.zeros(4, int)}, np.arange(4.0)),
    ],
)
def test_adjusted_rand_of_anything_else_is_refused(outputs: dict[str, Array], labels: Array) -> None:
    with pytest.raises(ValueError, match="adjusted_rand needs an output of whole numbers"):
        METRICS["adjusted_rand"](outputs, labels)


def test_each_metric_says_which_labels_it_takes() -> None:
    kinds = {
        "accuracy": [True, False, True],
        "r2": [True, True, False],
        "adjusted_rand": [True, False, False],
        "exact_match": [False, False, True],
        "mean_absolute_error": [True, True, False],
    }
    labels = [np.array([1, 2]), np.array([1.0, 2.0]), np.array(["a", "b"])]
    assert {name: [METRICS[name].accepts(each) for each in labels] for name in METRICS} == kinds
