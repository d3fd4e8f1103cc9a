"""How far the answers of a served encoder are from those of its source, and whether that is near enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.block_config import BLOCKS
from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.language.tasks import EMBED, RERANK

COSINE, ORDER, LABELS = "cosine", "order", "same labels"
METRICS: Final = {EMBED: COSINE, RERANK: ORDER}
"""The metric of a task; LABELS for the others. It is 1 where nothing changed."""
_FLOAT_SLACK: Final = 1e-4
_BLOCK_SLACK: Final = {8: 0.005, 4: 0.1}
_BLOCK_DIFFERENCE: Final = {8: 0.02, 4: 0.1}
_WORST: Final = 5
"""A single text may be so many times as far away as the mean of all may be."""
_LEAST_TEXTS: Final = 3
"""Fewer have no order."""


@dataclass(frozen=True)
class Tolerance:
    """How far answers may be from those of the source.

    Attributes:
        slack: How much less than 1 the metric may be.
        atol: The largest difference of a score, where there are scores.
        rtol: The part of the score that is added to it.
        outliers: The share of scores, from 0 to 1, that may be farther away.
    """

    slack: float
    atol: float
    rtol: float
    outliers: float


def find_tolerance(config: ModelConfig) -> Tolerance:
    """Return what [parity] allows, or [quantization] for a quantized model."""
    quantization = config.quantization
    if quantization.mode == BLOCKS and quantization.blocks is not None:
        bits = quantization.blocks.bits
        return Tolerance(_BLOCK_SLACK[bits], _BLOCK_DIFFERENCE[bits], 0.0, 0.01)
    held_to = config.parity if quantization.mode == NONE else quantization.tolerances(0)
    return Tolerance(max(held_to.metric_drop, _FLOAT_SLACK), held_to.atol, held_to.rtol, held_to.outliers)


@dataclass(frozen=True)
class EncoderComparison:
    """The answers of a served encoder beside those of its source.

    Attributes:
        task: The task.
        texts: The number of texts.
        metric: The mean of `each`, or the order of all scores.
        worst: The smallest of `each`.
        worst_at: The place of that text.
        neighbours: For EMBED, how alike the order of each text's neighbours is: the mean of Spearman's rank
            correlation; None for the others, and for few texts.
        difference: The largest difference of a number.
        beyond: The share of scores that are farther away than allowed; 0 for EMBED.
        finite: Whether all numbers are finite.
    """

    task: str
    texts: int
    metric: float
    worst: float
    worst_at: int
    neighbours: float | None
    difference: float
    beyond: float
    finite: bool

    def find_failures(self, tolerance: Tolerance) -> list[str]:
        """Return why the answers are too far from those of the source; empty where they are not."""
        name, least = METRICS.get(self.task, LABELS), 1 - tolerance.slack
        if not self.finite:
            return ["answers have numbers that are not finite"]
        failures = []
        if self.metric < least:
            failures.append(f"{name}: {self.metric:.6f} on average, less than {least:.6f}")
        if self.task == EMBED and self.worst < 1 - _WORST * tolerance.slack:
            least = 1 - _WORST * tolerance.slack
            failures.append(f"{name}: {self.worst:.6f} for text {self.worst_at}, less than {least:.6f}")
        if self.neighbours is not None and self.neighbours < 1 - 2 * _WORST * tolerance.slack:
            least = 1 - 2 * _WORST * tolerance.slack
            failures.append(f"the order of neighbours: {self.neighbours:.6f}, less than {least:.6f}")
        if self.beyond > tolerance.outliers:
            allowed = f"{tolerance.atol:g} + {tolerance.rtol:g} of the score"
            what = f"{self.beyond:.2%} of the scores differ by more than {allowed}, at most by {self.difference:.2g}"
            failures.append(f"{what}; {tolerance.outliers:.2%} may")
        return failures

    def report(self, tolerance: Tolerance, failures: Sequence[str], note: str = "") -> ParityReport:
        """Return the report of the gate.

        Args:
            tolerance: What is allowed.
            failures: Further reasons to reject the candidate, such as other tokens.
            note: What was not checked.
        """
        found = (*failures, *self.find_failures(tolerance))
        cause = Cause.DIFFERS if found else Cause.NONE
        name = METRICS.get(self.task, LABELS)
        return ParityReport(self.texts, self.difference, name, 1.0, self.metric, found, note, cause, self._details())

    def _details(self) -> dict[str, Any]:
        """Return the figures that only encoders have, for the manifest."""
        found: dict[str, Any] = {}
        if self.task == EMBED:
            found |= {"lowest_cosine": round(self.worst, 6)}
        if self.neighbours is not None:
            found |= {"order_of_neighbours": round(self.neighbours, 6)}
        return found


def compare_answers(
    task: str, source: Sequence[NDArray[Any]], served: Sequence[NDArray[Any]], tolerance: Tolerance
) -> EncoderComparison:
    """Compare answers.

    Args:
        task: The task.
        source: The answer of the source for each text: its vector, its scores, or those of each token.
        served: The answer of the served encoder for each text, of the same shape.
        tolerance: What is allowed.
    """
    before = [np.asarray(answer, np.float64) for answer in source]
    after = [np.asarray(answer, np.float64).reshape(one.shape) for answer, one in zip(served, before, strict=True)]
    finite = all(np.isfinite(answer).all() for answer in (*before, *after))
    apart = np.concatenate([np.abs(one - other).ravel() for one, other in zip(before, after, strict=True)])
    difference, beyond, neighbours = float(apart.max()), 0.0, None
    if not finite:
        return EncoderComparison(task, len(before), 0.0, 0.0, 0, None, difference, 1.0, finite=False)
    if task == EMBED:
        each = [_cosine(one, other) for one, other in zip(before, after, strict=True)]
        neighbours = _compare_neighbours(np.array(before), np.array(after))
    else:
        allowed = tolerance.atol + tolerance.rtol * np.abs(np.concatenate([one.ravel() for one in before]))
        beyond = float((apart > allowed).mean())
        each = [_same_label(one, other, tolerance) for one, other in zip(before, after, strict=True)]
    if task == RERANK:
        each = [1.0] if len(before) < _LEAST_TEXTS else [_correlate_ranks(np.array(before), np.array(after))]
    worst = int(np.argmin(each))
    return EncoderComparison(
        task, len(before), float(np.mean(each)), each[worst], worst, neighbours, difference, beyond, finite=True
    )


def _cosine(one: NDArray[Any], other: NDArray[Any]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else float(np.array_equal(one, other))


def _same_label(one: NDArray[Any], other: NDArray[Any], tolerance: Tolerance) -> float:
    """Return the share of a text's labels that are the same. Where the source cannot tell two apart, both are right."""
    if one.ndim == 0:
        return 1.0
    rows, others = one.reshape(-1, one.shape[-1]), other.reshape(-1, one.shape[-1])
    chosen = np.take_along_axis(rows, others.argmax(-1)[:, None], -1)[:, 0]
    return float((rows.max(-1) - chosen <= 2 * tolerance.atol).mean())


def _compare_neighbours(before: NDArray[Any], after: NDArray[Any]) -> float | None:
    """Return how alike the neighbours of each text are ordered; None where there are too few texts."""
    count = len(before)
    if count <= _LEAST_TEXTS:
        return None
    others = ~np.eye(count, dtype=bool)
    pairs = [_cosines(vectors)[others].reshape(count, count - 1) for vectors in (before, after)]
    return float(np.mean([_correlate_ranks(one, other) for one, other in zip(*pairs, strict=True)]))


def _cosines(vectors: NDArray[Any]) -> NDArray[Any]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    cosines: NDArray[Any] = unit @ unit.T
    return cosines


def _correlate_ranks(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return Spearman's rank correlation of numbers; 1 where they are equal."""
    if np.array_equal(one, other):
        return 1.0
    ranks, others = (np.argsort(np.argsort(numbers, kind="stable")) - (one.size - 1) / 2 for numbers in (one, other))
    return float(ranks @ others / (ranks @ ranks))
