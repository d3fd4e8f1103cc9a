"""Finds where a text that grows has a stop string, and holds back what may begin one.

The strings are sorted, and none begins with another. So one search by halving tells whether a text begins with a stop
string, or a stop string with the text. Only places where one may have begun are looked at again, so that thousands of
strings cost little more than one.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Final, Iterable

LONGEST: Final = 1000
"""Characters of a stop string."""


class StopStrings:
    """Watches one text.

    Args:
        strings: The stop strings, none empty.

    Raises:
        InvalidRequest: A string is empty or longer than LONGEST.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings: list[str] = []
        for string in sorted(set(strings)):
            if not 0 < len(string) <= LONGEST:
                raise InvalidRequest(f"a stop string must have 1 to {LONGEST} characters, got {len(string)}")
            if not self._strings or not string.startswith(self._strings[-1]):
                self._strings.append(string)
        self._held = ""
        self._starts: list[int] = []
        self.found = False

    def push(self, text: str) -> str:
        """Takes what is new of the text.

        Args:
            text: Characters behind the earlier ones.

        Returns:
            What may be sent: all up to the first stop string, or up to what may become one. Nothing after a stop string
            has been found; `found` tells.
        """
        if not self._strings:
            return text
        begin, self._held = len(self._held), self._held + text
        for place in range(begin, len(self._held)):
            self._starts.append(place)
            cut = self._look(place + 1)
            if cut is not None:
                self.found = True
                sent, self._held, self._starts = self._held[:cut], "", []
                return sent
        return self._release()

    def finish(self) -> str:
        """The text ends: returns what was held back."""
        held, self._held, self._starts = self._held, "", []
        return held

    def _look(self, end: int) -> int | None:
        """Where a stop string that ends at `end` begins; None where none does. Drops starts that lead to none."""
        going: list[int] = []
        for start in self._starts:
            text = self._held[start:end]
            place = self._behind(text)
            if place and text.startswith(self._strings[place - 1]):
                return start
            if place < len(self._strings) and self._strings[place].startswith(text):
                going.append(start)
        self._starts = going
        return None

    def _behind(self, text: str) -> int:
        """How many of the strings come before `text` or are it."""
        low, high = 0, len(self._strings)
        while low < high:
            middle = (low + high) // 2
            if self._strings[middle] <= text:
                low = middle + 1
            else:
                high = middle
        return low

    def _release(self) -> str:
        """Sends all before the first place where a stop string may have begun."""
        first = self._starts[0] if self._starts else len(self._held)
        sent, self._held = self._held[:first], self._held[first:]
        self._starts = [start - first for start in self._starts]
        return sent
