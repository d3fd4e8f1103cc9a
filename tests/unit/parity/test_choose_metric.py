import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

from pilotlight.core.artifacts import Array
from pilotlight.verification.choose_metric import choose_metric
from pilotlight.verification.metrics import METRICS, list_computable
from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.signature import TensorSpec

WHOLE, NUMBERS, TEXTS = np.array([0, 1, 2, 1]), np.array([0.5, 1.5, 2.5, 0.1]), np.array(["a", "b", "c", "d"])
BINARY = np.array([0, 1, 1, 0])
SCORES = TensorSpec("scores", FP32, (-1, 3))
VALUE = TensorSpec("value", FP32, (-1, 1))
TWO = TensorSpec("value", FP32, (-1, 2))
LABEL = TensorSpec("label", INT64, (-1,))
TEXT = TensorSpec("text", BYTES, (-1,))
IMAGE = TensorSpec("image", FP32, (-1, 8, 8))


@pytest.mark.parametrize(
    ("kind", "outputs", "labels", "wanted"),
    [
        ("classifier", (LABEL,), WHOLE, "accuracy"),
        ("classifier", (SCORES,), TEXTS, "accuracy"),
        ("regressor", (VALUE,), WHOLE, "r2"),
        ("regressor", (TWO,), np.c_[NUMBERS, NUMBERS], "r2"),
        ("regressor", (TWO,), np.c_[NUMBERS, np.ones(4)], "mean_absolute_error"),
        ("regressor", (VALUE,), TEXTS, ""),
        ("clusterer", (LABEL,), WHOLE, "adjusted_rand"),
        ("clusterer", (LABEL,), NUMBERS, ""),
        ("mixture", (LABEL,), WHOLE, "adjusted_rand"),
        ("outlier detector", (LABEL,), np.array([1, -1, 1, 1]), "accuracy"),
        ("outlier detector", (LABEL,), WHOLE, ""),
        ("transformer", (TWO,), WHOLE, ""),
        ("ranker", (VALUE,), WHOLE, ""),
        ("", (SCORES,), WHOLE, "accuracy"),
        ("", (SCORES,), WHOLE[:, None], "accuracy"),
        ("", (SCORES, SCORES._replace(name="others")), np.c_[WHOLE, WHOLE], "accuracy"),
        ("", (SCORES,), np.c_[WHOLE, WHOLE], ""),
        ("", (LABEL,), WHOLE, "accuracy"),
        ("", (VALUE,), BINARY, "accuracy"),
        ("", (VALUE,), WHOLE * 10, "r2"),
        ("", (VALUE,), NUMBERS, "r2"),
        ("", (VALUE,), np.ones(4), "mean_absolute_error"),
        ("", (TEXT,), TEXTS, "exact_match"),
        ("", (SCORES,), TEXTS, ""),
        ("", (IMAGE,), WHOLE, ""),
        ("", (IMAGE,), NUMBERS, ""),
    ],
)
def test_the_metric_follows_from_kind_signature_and_labels(
    kind: str, outputs: tuple[TensorSpec, ...], labels: Array, wanted: str
) -> None:
    assert choose_metric(kind, outputs, labels) == wanted


def test_r2_and_mean_absolute_error_of_several_targets_are_scikit_learns() -> None:
    draw = np.random.default_rng(2)
    truth = draw.normal(size=(50, 3)) * [1, 10, 100]
    found = truth + draw.normal(size=(50, 3))
    outputs = {"value": found.astype(np.float32)}
    assert METRICS["r2"](outputs, truth) == pytest.approx(r2_score(truth, found), rel=1e-6)
    assert METRICS["mean_absolute_error"](outputs, truth) == pytest.approx(mean_absolute_error(truth, found), rel=1e-6)


def test_a_metric_says_its_direction() -> None:
    assert {name for name, metric in METRICS.items() if not metric.higher_is_better} == {"mean_absolute_error"}
    assert METRICS["mean_absolute_error"].orient(0.5) == -0.5
    assert METRICS["r2"].orient(0.5) == 0.5


def test_what_can_be_computed_is_listed() -> None:
    assert list_computable({"value": NUMBERS}, NUMBERS + 1) == ["r2", "mean_absolute_error"]
    assert list_computable({"text": TEXTS.astype(object)}, TEXTS) == ["accuracy", "exact_match"]
    assert list_computable({"value": np.ones((4, 5))}, NUMBERS) == []
