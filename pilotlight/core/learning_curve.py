"""How a model came to learn: measured values along epochs, training samples or iterations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_POINTS: Final = 100
"""A manifest is read at every cold start, and a chart shows no more."""
HELD_OUT_PREFIX: Final = "val_"
"""Begins the name of a series that was measured on samples that were not learned from, as Keras names it."""

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class LearningCurve:
    """axis: what `at` counts, such as "epoch". at: n numbers, rising. series: by name n values each.

    A value is None where it was not finite or not measured.
    """

    axis: str
    at: tuple[float, ...]
    series: Mapping[str, Values]

    @property
    def measures(self) -> dict[str, dict[str, Values]]:
        """The series by what they measure: accuracy and val_accuracy belong together."""
        found: dict[str, dict[str, Values]] = {}
        for name, values in self.series.items():
            found.setdefault(name.removeprefix(HELD_OUT_PREFIX), {})[name] = values
        return found

    def downsample(self, most: int = MAX_POINTS) -> LearningCurve:
        """At most `most` points, evenly spread, the first and the last among them."""
        count = len(self.at)
        if count <= most:
            return self
        kept = [round(index * (count - 1) / (most - 1)) for index in range(most)]
        series = {name: tuple(values[index] for index in kept) for name, values in self.series.items()}
        return LearningCurve(self.axis, tuple(self.at[index] for index in kept), series)

    def as_json(self) -> dict[str, Any]:
        """For a manifest: six significant digits."""
        series = {name: [_short(value) for value in values] for name, values in self.series.items()}
        return {"axis": self.axis, "at": [_short(value) for value in self.at], "series": series}


def read_learning_curve(value: object) -> LearningCurve | None:
    """What `as_json` wrote; None for anything else."""
    match value:
        case {"axis": str(axis), "at": list(at), "series": dict(series)} if at and _numbers(at):
            whole = all(isinstance(values, list) and len(values) == len(at) for values in series.values())
            if whole and all(_numbers(value for value in values if value is not None) for values in series.values()):
                return LearningCurve(axis, tuple(at), {str(name): tuple(values) for name, values in series.items()})
    return None


def to_finite(value: object) -> float | None:
    """`value` as a float; None where it is no finite number."""
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever a framework calls a number
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _numbers(values: Iterable[object]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
