"""What the gate for encoders lets pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.model_config import ModelConfig, ParityConfig, QuantizationConfig
from pilotlight.core.reports import Cause
from pilotlight.language.encoders.comparison import Tolerance, compare_answers, find_tolerance

FLOAT = Tolerance(1e-4, 1e-5, 1e-4, 0.0)
GENERATOR = np.random.default_rng(5)
VECTORS = [GENERATOR.normal(size=32) for _ in range(12)]
SCORES = [np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7]), np.array([0.4, 0.35, 0.25])]


def failures(task: str, before: list[np.ndarray], after: list[np.ndarray], tolerance: Tolerance = FLOAT) -> list[str]:
    return compare_answers(task, before, after, tolerance).find_failures(tolerance)


@pytest.mark.parametrize(("task", "answers"), [("embed", VECTORS), ("classify", SCORES), ("tag", VECTORS)])
def test_equal_answers_pass(task: str, answers: list[np.ndarray]) -> None:
    comparison = compare_answers(task, answers, answers, FLOAT)
    report = comparison.report(FLOAT, [])
    assert report.onnx_metric == pytest.approx(1)
    assert (report.source_metric, report.failures) == (1.0, ())
    assert report.cause is Cause.NONE


def test_one_vector_that_is_far_away_fails_though_the_mean_is_near() -> None:
    after = [*VECTORS[:11], VECTORS[11] + GENERATOR.normal(size=32) * 0.05]
    loose = replace(FLOAT, slack=2e-4)
    assert any("for text 11" in failure for failure in failures("embed", VECTORS, after, loose))


def test_vectors_that_change_the_order_of_neighbours_fail() -> None:
    after = [vector + GENERATOR.normal(size=32) * 0.2 for vector in VECTORS]
    found = failures("embed", VECTORS, after)
    assert any(failure.startswith("cosine: ") for failure in found)
    assert any(failure.startswith("the order of neighbours: ") for failure in found)


def test_lengths_do_not_matter_for_the_cosine() -> None:
    assert failures("embed", VECTORS, [2 * vector for vector in VECTORS]) == []


def test_another_label_fails_unless_the_source_cannot_tell_them_apart() -> None:
    tolerance = Tolerance(1e-4, 0.03, 0.0, 0.0)
    tie = [np.array([0.4, 0.38, 0.22])]
    assert failures("classify", tie, [np.array([0.39, 0.395, 0.215])], tolerance) == []
    other = [SCORES[0][::-1], *SCORES[1:]]
    assert any(failure.startswith("same labels: 0.666667") for failure in failures("classify", SCORES, other))


def test_scores_beyond_the_tolerance_fail() -> None:
    after = [SCORES[0] + [0.001, -0.001, 0.0], *SCORES[1:]]
    (failure,) = failures("classify", SCORES, after)
    assert failure.startswith("22.22% of the scores differ by more than 1e-05")
    assert failures("classify", SCORES, after, replace(FLOAT, outliers=0.3)) == []


def test_another_order_of_documents_fails() -> None:
    before = [np.array(score) for score in (0.1, 0.2, 0.3, 0.4)]
    after = [np.array(score) for score in (0.2, 0.1, 0.3, 0.4)]
    loose = replace(FLOAT, atol=1.0)
    (failure,) = failures("rerank", before, after, loose)
    assert failure == "order: 0.800000 on average, less than 0.999900"


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_fail(wrong: float) -> None:
    after = [*VECTORS[:11], np.full(32, wrong)]
    assert failures("embed", VECTORS, after) == ["answers have numbers that are not finite"]


def test_the_tolerance_is_that_of_model_toml() -> None:
    config = ModelConfig("tiny", "onnx", parity=ParityConfig(rtol=0.1, atol=0.2, metric_drop=0.05))
    assert find_tolerance(config) == Tolerance(0.05, 0.2, 0.1, 0.0)
    dynamic = replace(config, quantization=QuantizationConfig("dynamic"))
    assert find_tolerance(dynamic) == Tolerance(0.01, 0.05, 0.1, 0.01)
    for bits, slack in ((8, 0.005), (4, 0.1)):
        blocks = QuantizationConfig("blocks", blocks=BlockConfig(bits, DEFAULT_LIMITS[bits]))
        assert find_tolerance(replace(config, quantization=blocks)).slack == slack
