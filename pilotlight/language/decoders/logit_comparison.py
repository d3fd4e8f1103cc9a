"""Compares what two decoders expect next in texts that they have not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.block_config import LanguageLimits

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Floats

_ROWS: Final = 64
"""Positions whose distributions are in memory at a time, in double precision."""
ComputeLogits = Callable[[list[int]], "Floats"]


@dataclass
class LogitComparison:
    """How far the served decoder is from the one in float.

    Attributes:
        positions: The number of positions that are compared.
        predicted: Those of them whose next token is known.
        largest_difference: The largest difference between logits, of distributions that are normed alike.
        divergence_sum: The sum of the divergences of the positions, in nats.
        agreed: The positions at which both find the same token most probable.
        loss_before: The negative log-likelihood of the text in float, in nats.
        loss_after: The same for the served decoder.
        finite: Whether all logits are finite numbers.
    """

    positions: int = 0
    predicted: int = 0
    largest_difference: float = 0.0
    divergence_sum: float = 0.0
    agreed: int = 0
    loss_before: float = 0.0
    loss_after: float = 0.0
    finite: bool = True

    @property
    def divergence(self) -> float:
        """The mean Kullback-Leibler divergence of the served distribution from the one in float, in nats."""
        return self.divergence_sum / self.positions

    @property
    def agreement(self) -> float:
        """The share of positions at which both find the same token most probable."""
        return self.agreed / self.positions

    @property
    def perplexity_before(self) -> float:
        """The perplexity of the text in float."""
        return math.exp(self.loss_before / self.predicted)

    @property
    def perplexity_after(self) -> float:
        """The perplexity of the text for the served decoder."""
        return math.exp(self.loss_after / self.predicted)

    def find_failures(self, limits: LanguageLimits) -> list[str]:
        """Return why the served decoder is too far away; empty where it is not.

        Args:
            limits: What is allowed.
        """
        if not self.finite:
            return ["it has logits that are no finite numbers"]
        failures = []
        if self.divergence > limits.divergence:
            what = "the next token's distribution diverges by"
            failures.append(f"{what} {self.divergence:.4g} nats on average, more than {limits.divergence:g}")
        if self.agreement < limits.agreement:
            what = "the most probable token is the same at"
            failures.append(f"{what} {self.agreement:.2%} of positions, less than {limits.agreement:.2%}")
        rise = self.perplexity_after / self.perplexity_before - 1
        if rise > limits.perplexity_rise:
            what = f"perplexity rises from {self.perplexity_before:.2f} to {self.perplexity_after:.2f}"
            failures.append(f"{what}, by {rise:.2%}, more than {limits.perplexity_rise:.2%}")
        return failures

    def add(self, ids: Sequence[int], before: Floats, after: Floats) -> None:
        """Add the logits of a text.

        Args:
            ids: The text.
            before: The logits in float, [ids, vocabulary].
            after: Those of the served decoder.
        """
        self.finite = self.finite and bool(np.isfinite(before).all() and np.isfinite(after).all())
        following = np.array(ids[1:])
        for start in range(0, len(ids), _ROWS):
            stop = start + _ROWS
            self._add_rows(_log_softmax(before[start:stop]), _log_softmax(after[start:stop]), following[start:stop])
        self.positions += len(ids)
        self.predicted += len(following)

    def _add_rows(self, before: NDArray[np.float64], after: NDArray[np.float64], following: NDArray[Any]) -> None:
        self.largest_difference = max(self.largest_difference, float(np.abs(before - after).max()))
        self.divergence_sum += float((np.exp(before) * (before - after)).sum())
        self.agreed += int((before.argmax(-1) == after.argmax(-1)).sum())
        rows = np.arange(len(following))
        self.loss_before -= float(before[rows, following].sum())
        self.loss_after -= float(after[rows, following].sum())


def compare_logits(
    before: ComputeLogits, after: ComputeLogits, texts: Sequence[list[int]], step: Callable[[int, int], None]
) -> LogitComparison:
    """Compare two decoders.

    Args:
        before: Computes the logits in float.
        after: Computes those of the served decoder.
        texts: The ids of each text, at least two of the first.
        step: Is called with the number of texts that are done, and of all.
    """
    found = LogitComparison()
    for done, ids in enumerate(texts, 1):
        found.add(ids, before(ids), after(ids))
        step(done, len(texts))
    return found


def _log_softmax(logits: Floats) -> NDArray[np.float64]:
    wide = logits.astype(np.float64)
    wide -= wide.max(-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(-1, keepdims=True))
    return wide
