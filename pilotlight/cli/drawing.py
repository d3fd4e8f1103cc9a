"""Pictures and guesses in a terminal."""

from __future__ import annotations

from typing import Final

import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pilotlight.core.artifacts import Array
from pilotlight.core.printable import escape_controls, name_of

TOP: Final = 5
_BAR: Final = 24
_SHADES: Final = " ░▒▓█"
_SHOWN_VALUES: Final = 8


def render_image(pixels: Array, *, colour: bool) -> Text:
    """A grey picture (height, width) of values 0..1, two pixel rows a line.

    With colour, each character is an upper half block with its own foreground and background. Without, it is a shade of
    the two pixels' mean.
    """
    grey = np.clip(np.asarray(pixels, dtype=float), 0, 1)
    if len(grey) % 2:
        grey = np.vstack([grey, np.zeros((1, grey.shape[1]))])
    text = Text()
    for upper, lower in zip(grey[0::2], grey[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            if colour:
                text.append("▀", style=f"{_tone(above)} on {_tone(below)}")
            else:
                text.append(_SHADES[round((above + below) / 2 * (len(_SHADES) - 1))])
        text.append("\n")
    text.right_crop(1)
    return text


def render_outputs(found: dict[str, Array]) -> RenderableType:
    """Each output: as guesses with bars where it holds probabilities, else its first values."""
    return Group(*(part for name, array in found.items() for part in _output(name, array)))


def render_probabilities(probabilities: Array) -> Table:
    """The most likely classes of one vector of probabilities, each with a bar."""
    table = Table.grid(padding=(0, 1))
    values = np.asarray(probabilities, dtype=float).ravel()
    best = np.argsort(values)[::-1][:TOP]
    for place, index in enumerate(best):
        share = float(values[index])
        bar = "█" * round(share * _BAR) or "▏"
        style = "bold green" if place == 0 else "dim"
        table.add_row(Text(str(index), style=style), Text(f"{share:6.1%}", style=style), Text(bar, style=style))
    return table


def is_probabilities(array: Array) -> bool:
    """Whether every row of a (samples, classes) array is one: none negative, sums of 1 within a hundredth."""
    if array.ndim != 2 or array.dtype.kind != "f" or array.shape[1] < 2 or array.shape[0] == 0:
        return False
    values = np.asarray(array, dtype=float)
    return bool(np.isfinite(values).all() and (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=0.01))


def _output(name: str, array: Array) -> list[RenderableType]:
    shape = "x".join(str(size) for size in array.shape) or "one value"
    title = Text.from_markup(f"[bold]{escape(name_of(name))}[/] [dim]{array.dtype} {shape}[/]")
    if not is_probabilities(array):
        return [title, Text("  " + _values(array))]
    parts: list[RenderableType] = [title]
    for row, vector in enumerate(array[:TOP]):
        if len(array) > 1:
            parts.append(Text(f"sample {row}", style="dim"))
        parts.append(render_probabilities(vector))
    if len(array) > TOP:
        parts.append(Text(f"… and {len(array) - TOP} samples more; --raw prints all", style="dim"))
    return parts


def _values(array: Array) -> str:
    shown = [_value(value) for value in array.ravel()[:_SHOWN_VALUES].tolist()]
    return ", ".join(shown) + (f", … ({array.size} values)" if array.size > _SHOWN_VALUES else "")


def _value(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return f"{value:.6g}" if isinstance(value, float) else escape_controls(str(value))


def _tone(share: float) -> str:
    level = round(20 + share * 235)
    return f"rgb({level},{level},{level})"
