"""Learning curves: measured values for each epoch, number of training samples or iteration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_POINTS: Final = 100
"""The manifest is read at every cold start, so it stays small. A chart shows no more points."""
HELD_OUT_PREFIX: Final = "val_"
"""The prefix of a series that was measured on held-out samples, as Keras names it."""

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class LearningCurve:
    """A learning curve.

    Attributes:
        axis: The unit of `at`, such as "epoch".
        at: The n positions of the points, in rising order.
        series: n values for each name; None where a value was not measured or is not finite.
    """

    axis: str
    at: tuple[float, ...]
    series: Mapping[str, Values]

    @property
    def measures(self) -> dict[str, dict[str, Values]]:
        """The series, grouped by measure: accuracy and val_accuracy belong together."""
        found: dict[str, dict[str, Values]] = {}
        for name, values in self.series.items():
            found.setdefault(name.removeprefix(HELD_OUT_PREFIX), {})[name] = values
        return found

    def downsample(self, most: int = MAX_POINTS) -> LearningCurve:
        """Return the curve with at most `most` evenly spread points. The first and the last point are kept."""
        count = len(self.at)
        if count <= most:
            return self
        kept = [round(index * (count - 1) / (most - 1)) for index in range(most)]
        series = {name: tuple(values[index] for index in kept) for name, values in self.series.items()}
        return LearningCurve(self.axis, tuple(self.at[index] for index in kept), series)

    def as_json(self) -> dict[str, Any]:
        """Return the curve for a manifest, with six significant digits."""
        series = {name: [_round_value(value) for value in values] for name, values in self.series.items()}
        return {"axis": self.axis, "at": [_round_value(value) for value in self.at], "series": series}


def read_learning_curve(value: object) -> LearningCurve | None:
    """Read a curve from a manifest.

    Args:
        value: The parsed JSON that `as_json` wrote.

    Returns:
        The curve; None where `value` is something else.
    """
    match value:
        case {"axis": str(axis), "at": list(at), "series": dict(series)} if at and _are_numbers(at):
            whole = all(isinstance(values, list) and len(values) == len(at) for values in series.values())
            if whole and all(
                _are_numbers(value for value in values if value is not None) for values in series.values()
            ):
                return LearningCurve(axis, tuple(at), {str(name): tuple(values) for name, values in series.items()})
    return None


def to_finite(value: object) -> float | None:
    """Convert a value to a float.

    Args:
        value: A number of any library, such as a NumPy scalar.

    Returns:
        The number; None where `value` is no finite number.
    """
    try:
        number = float(value)  # type: ignore[arg-type]  # a number of any framework
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _are_numbers(values: Iterable[object]) -> bool:
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) and to_finite(value) is not None
        for value in values
    )


def _round_value(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
