"""Milliseconds of several runs, and their median and percentiles."""

from __future__ import annotations

import math
import statistics
from typing import Any, NamedTuple


class Latency(NamedTuple):
    """Milliseconds of repeated runs.

    Attributes:
        runs: Each run's milliseconds, in the order in which they ran; at least one.
    """

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run's milliseconds."""
        return statistics.median(self.runs)

    def percentile(self, share: float) -> float:
        """Return the nearest-rank percentile: the smallest run that a share (0 to 1) of all runs do not exceed."""
        ordered = sorted(self.runs)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    def as_json(self) -> dict[str, Any]:
        """Return the number of runs, and their median, 99th percentile, minimum and maximum in milliseconds."""
        figures = {"p50": self.median, "p99": self.percentile(0.99), "min": min(self.runs), "max": max(self.runs)}
        return {"runs": len(self.runs), **{name: round(value, 3) for name, value in figures.items()}}
