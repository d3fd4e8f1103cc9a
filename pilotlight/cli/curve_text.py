"""A learning curve in a terminal, in plain characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rich.text import Text

from pilotlight.core.learning_curve import HELD_OUT_PREFIX, LearningCurve, Values

WIDTH: Final = 60
HEIGHT: Final = 8
_MARK, _MARK_HELD_OUT, _BOTH, _BETWEEN = "o", "x", "*", "."
_MARGIN: Final = 11


class _Frame(NamedTuple):
    """What the borders of the drawing stand for."""

    left: float
    right: float
    low: float
    high: float

    def column(self, at: float) -> int:
        return _place(at, self.left, self.right, WIDTH)

    def row(self, value: float) -> int:
        return HEIGHT - 1 - _place(value, self.low, self.high, HEIGHT)


def curve_text(curve: LearningCurve) -> Iterator[Text]:
    """A drawing for each measure. o: on what was learned from. x: on samples that were not. *: both."""
    for measure, series in curve.measures.items():
        known = [value for values in series.values() for value in values if value is not None]
        if known:
            yield _drawing(curve, measure, series, known)


def _drawing(curve: LearningCurve, measure: str, series: Mapping[str, Values], known: Sequence[float]) -> Text:
    frame = _Frame(curve.at[0], curve.at[-1], min(known), max(known))
    canvas = [[" "] * WIDTH for _ in range(HEIGHT)]
    for values in series.values():
        _join(canvas, frame, curve.at, values)
    for name, values in series.items():
        _mark(canvas, frame, curve.at, values, _MARK_HELD_OUT if name.startswith(HELD_OUT_PREFIX) else _MARK)
    text = Text.assemble((measure, "bold"), ("  " + ", ".join(_legend(name) for name in series), "dim"), "\n")
    for index, cells in enumerate(canvas):
        label = {0: f"{frame.high:.4g}", HEIGHT - 1: f"{frame.low:.4g}"}.get(index, "")
        text.append(f"{label:>{_MARGIN - 1}} |{''.join(cells).rstrip()}\n")
    text.append(f"{'':{_MARGIN}}+{'-' * WIDTH}\n")
    left, right = f"{curve.axis} {curve.at[0]:g}", f"{curve.at[-1]:g}"
    text.append(f"{'':{_MARGIN + 1}}{left}{right:>{WIDTH - len(left)}}")
    return text


def _join(canvas: list[list[str]], frame: _Frame, at: Sequence[float], values: Values) -> None:
    """Dots along the straight line between neighbours, where columns lie between them."""
    for (start, first), (end, second) in pairwise(zip(at, values, strict=True)):
        if first is None or second is None:
            continue
        left, right = frame.column(start), frame.column(end)
        for column in range(left + 1, right):
            share = (column - left) / (right - left)
            canvas[frame.row(first + share * (second - first))][column] = _BETWEEN


def _mark(canvas: list[list[str]], frame: _Frame, at: Sequence[float], values: Values, sign: str) -> None:
    other = {_MARK: _MARK_HELD_OUT, _MARK_HELD_OUT: _MARK}[sign]
    for place, value in zip(at, values, strict=True):
        if value is not None:
            row, column = frame.row(value), frame.column(place)
            canvas[row][column] = _BOTH if canvas[row][column] in (other, _BOTH) else sign


def _legend(name: str) -> str:
    return f"{_MARK_HELD_OUT} validation" if name.startswith(HELD_OUT_PREFIX) else f"{_MARK} training"


def _place(value: float, low: float, high: float, cells: int) -> int:
    return round((value - low) / (high - low) * (cells - 1)) if high > low else 0
