"""Where the last quoted cell of a row that cannot be read opens and closes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

_QUOTE: Final = '"'
_LINE_ENDS: Final = ("\n", "\r")


class QuotedCell(NamedTuple):
    """A quoted cell.

    Attributes:
        opens: The line where it opens, counted from 0.
        closes: The line where it closes; None where it is not closed.
    """

    opens: int
    closes: int | None


def find_last_quoted(lines: Iterable[str], delimiter: str) -> QuotedCell | None:
    """Returns the last quoted cell of a row, which may span lines; None where it has no quoted cell.

    Args:
        lines: The lines of the row, with their line ends.
        delimiter: What separates cells.
    """
    found = None
    is_inside = at_start = False
    for number, line in enumerate(lines):
        at_start = at_start or not is_inside
        place = 0
        while place < len(line):
            character = line[place]
            if is_inside and found is not None and character == _QUOTE:
                if line[place + 1 : place + 2] == _QUOTE:
                    place += 1
                else:
                    is_inside, found = False, found._replace(closes=number)
            elif not is_inside and at_start and character == _QUOTE:
                is_inside, at_start, found = True, False, QuotedCell(number, None)
            elif not is_inside:
                at_start = character == delimiter or (at_start and character == " ") or character in _LINE_ENDS
            place += 1
    return found
