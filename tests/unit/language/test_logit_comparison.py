"""What the gate computes of logits, on distributions whose figures are known."""

import math

import numpy as np
import pytest

from pilotlight.core.block_config import LanguageLimits
from pilotlight.language.decoders.logit_comparison import LogitComparison, compare_logits

HALVES = np.log(np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], dtype=np.float32))
QUARTERS = np.log(np.array([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]], dtype=np.float32))
STRICT = LanguageLimits(divergence=0.01, agreement=0.99, perplexity_rise=0.01)


def test_equal_logits_differ_in_nothing() -> None:
    found = LogitComparison()
    found.add([0, 1], HALVES, HALVES + 3)  # logits that differ by a constant are the same distribution
    assert found.divergence == pytest.approx(0, abs=1e-7)
    assert found.agreement == 1
    assert found.perplexity_before == pytest.approx(4)
    assert found.find_failures(STRICT) == []


def test_figures_are_those_of_their_definitions() -> None:
    found = LogitComparison()
    found.add([2, 0], HALVES, QUARTERS)
    assert found.divergence == pytest.approx((0.5 * math.log(2) + 0.25 * math.log(0.5)) / 2)
    assert found.agreement == 0.5
    assert found.perplexity_before == pytest.approx(2)
    assert found.perplexity_after == pytest.approx(4)
    assert found.largest_difference == pytest.approx(math.log(2), abs=1e-6)
    failures = found.find_failures(STRICT)
    assert [failure.split()[0] for failure in failures] == ["the", "the", "perplexity"]
    assert "from 2.00 to 4.00, by 100.00%" in failures[2]


def test_lower_perplexity_is_no_failure() -> None:
    found = LogitComparison()
    found.add([2, 0], QUARTERS, QUARTERS)
    found.loss_after = 0.0
    assert found.find_failures(STRICT) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_no_numbers_fail(value: float) -> None:
    broken = HALVES.copy()
    broken[0, 0] = value
    found = LogitComparison()
    with np.errstate(all="ignore"):
        found.add([0, 1], HALVES, broken)
    assert found.find_failures(LanguageLimits(math.inf, 0, math.inf)) == ["it has logits that are no finite numbers"]


def test_long_texts_are_compared_in_parts() -> None:
    draw = np.random.default_rng(1)
    logits = draw.standard_normal((200, 7)).astype(np.float32)
    other = logits + 0.1 * draw.standard_normal((200, 7)).astype(np.float32)
    ids = [int(number) for number in draw.integers(0, 7, 200)]
    done: list[tuple[int, int]] = []
    found = compare_logits(lambda _: logits, lambda _: other, [ids], lambda *step: done.append(step))
    wide = logits.astype(np.float64)
    log = wide - np.log(np.exp(wide).sum(-1, keepdims=True))
    assert found.loss_before == pytest.approx(-log[np.arange(199), ids[1:]].sum())
    assert (found.positions, found.predicted, done) == (200, 199, [(1, 1)])
