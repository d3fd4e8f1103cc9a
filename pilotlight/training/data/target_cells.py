"""The cells of a target that stand for no class: missing marks, and numbers that are not read as numbers."""

from __future__ import annotations

from collections.abc import Sequence

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of, shorten
from pilotlight.training.data.cell_numbers import MISSING_MARKS, is_unread_number, parse_number
from pilotlight.training.data.table import place_of


def check_target(texts: Array, target: str, where: str, lines: Sequence[int] = ()) -> None:
    """Checks that the numbers of a target are complete and can be read. Words are not restricted.

    Args:
        texts: One text for each sample.
        target: The column.
        where: The data source's name, for messages.
        lines: See Table.

    Raises:
        DataError: All other cells are numbers, and a cell is a missing mark or a number that cannot be read. The
            message names its line.
    """
    different = set(texts.tolist())
    marks = {text for text in different if text.lower() in MISSING_MARKS}
    unread = {text for text in different if is_unread_number(text)}
    numbers = {text for text in different if parse_number(text) is not None}
    if different - marks - unread - numbers or not (numbers or unread):
        return
    if not marks and not unread:
        return
    index, text = next((place, cell) for place, cell in enumerate(texts.tolist()) if cell in (marks or unread))
    if marks:
        what, hint = "stands for a missing value among numbers", "Remove that line or fill the cell."
    else:
        what = "is not read as a finite number"
        hint = "Write it as a plain number, such as 1200.5, or remove that line. A class needs a letter in its name."
    held = f"column {name_of(target)!r} holds {shorten(text, 40)!r}, which {what}"
    raise DataError(place_of(where, index, lines), held, hint)


def note_marks(texts: Array, target: str, where: str) -> tuple[str, ...]:
    """Returns what a person should know about the words of a target that may stand for a missing value, a line each.

    Args:
        texts: See `check_target`, which has accepted them.
        target: The column.
        where: The data source's name.
    """
    marks = sorted({text for text in texts.tolist() if text.lower() in MISSING_MARKS})
    column = f"the target {name_of(target)!r} of {where}"
    return tuple(
        f"{mark!r} in {column} is a class; remove its lines if it stands for a missing value" for mark in marks
    )
