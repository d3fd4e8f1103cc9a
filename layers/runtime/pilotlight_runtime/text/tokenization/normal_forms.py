"""Unicode's normal forms, in the version of Unicode that `tokenizers` has: an older one than Python's.

Its characters compose and decompose in the same way ever since. Newer ones stay as they are and separate what stands
before them from what stands behind.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Iterator, Mapping
from pilotlight_runtime.text.tokenization.normalizers import Trace, trace_changes

if TYPE_CHECKING:
    from typing import Literal

    Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_Change = tuple[str, int]
"""A character, and how it came; see trace_changes."""


class NormalForm:
    """Brings a text into a normal form.

    Args:
        form: "NFC", "NFD", "NFKC" or "NFKD".
        newer: Gives newer characters a true value.
    """

    def __init__(self, form: Form, newer: Mapping[int, int | None]) -> None:
        self._form = form
        self._newer = newer

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text."""
        del first
        if text.isascii():
            return text
        from unicodedata import normalize

        newer = {character for character in set(text) if self._newer[ord(character)]}
        if not newer:
            return normalize(self._form, text)
        done, parts = 0, []
        for place, character in enumerate(text):
            if character in newer:
                parts += [normalize(self._form, text[done:place]), character]
                done = place + 1
        return "".join([*parts, normalize(self._form, text[done:])])

    def trace(self, text: str, *, first: bool) -> Trace:
        """Changes a text and says what comes from where.

        `tokenizers` counts how many characters each new one replaces and takes the places in order, even where marks
        change their order; so does this.
        """
        del first
        changes = list(self._decompose(text))
        if not self._form.endswith("D"):
            changes = self._compose(changes)
        return trace_changes(changes)

    def _decompose(self, text: str) -> Iterator[_Change]:
        from unicodedata import normalize

        waiting: list[tuple[int, str, int]] = []
        form: Form = "NFKD" if "K" in self._form else "NFD"
        for character in text:
            parts = character if self._newer[ord(character)] else normalize(form, character)
            for place, part in enumerate(parts):
                order = self._combining(part)
                if order == 0:
                    yield from _sorted(waiting)
                waiting.append((order, part, int(place > 0)))
        yield from _sorted(waiting)

    def _combining(self, character: str) -> int:
        from unicodedata import combining

        return 0 if self._newer[ord(character)] else combining(character)

    def _compose(self, changes: list[_Change]) -> list[_Change]:
        composed: list[_Change] = []
        starter = -1
        last: int | None = None
        for character, change in changes:
            order = self._combining(character)
            if starter >= 0 and (last is None or last < order):
                joined = self._join(composed[starter][0], character)
                if joined:
                    composed[starter] = (joined, composed[starter][1] + change - 1)
                    continue
            composed.append((character, change))
            if order == 0:
                starter, last = len(composed) - 1, None
            elif starter >= 0:
                last = order
        return composed

    def _join(self, left: str, right: str) -> str:
        """The character that two become; "" where there is none."""
        from unicodedata import normalize

        if self._newer[ord(left)] or self._newer[ord(right)]:
            return ""
        joined = normalize("NFC", left + right)
        return joined if len(joined) == 1 else ""


def _sorted(waiting: list[tuple[int, str, int]]) -> list[_Change]:
    """Sorts marks behind their character by their combining class, and empties the list."""
    found = [(part, change) for _, part, change in sorted(waiting, key=lambda entry: entry[0])]
    waiting.clear()
    return found
