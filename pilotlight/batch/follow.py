"""The log of a job's containers, line by line as it grows; each attempt has a stream of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pilotlight.batch.protocol import Logs
from pilotlight.core.events import read_event, replay
from pilotlight.core.progress import Progress

_LONGEST: Final = 2000
"""Characters of a line that are shown."""


class Follower:
    """Shows what is new in the streams of one job. groups: where they may be, the likeliest first."""

    def __init__(self, logs: Logs, groups: Iterable[str], display: Progress) -> None:
        self._logs = logs
        self._groups = tuple(dict.fromkeys(groups))
        self._display = display
        self._tokens: dict[str, str | None] = {}
        self._found: dict[str, str] = {}
        self.error = ""
        """The text of the newest stream's `error` event."""
        self.ended = False
        """True once the newest stream has told its end."""

    def show(self, stream: str) -> None:
        """Everything in `stream` that has not been shown."""
        if not stream:
            return
        if stream not in self._tokens:
            self._tokens[stream] = None
            self.error, self.ended = "", False
        for line in self._new(stream):
            self._tell(line)

    def _new(self, stream: str) -> Iterator[str]:
        while True:
            token = self._tokens[stream]
            page = self._page(stream, token)
            if page is None:
                return
            lines, following = page
            self._tokens[stream] = following
            yield from lines
            if following is None or following == token:
                return

    def _page(self, stream: str, token: str | None) -> tuple[Iterable[str], str | None] | None:
        for group in [self._found[stream]] if stream in self._found else self._groups:
            page = self._logs.read(group, stream, token)
            if page is not None:
                self._found[stream] = group
                return page
        return None

    def _tell(self, line: str) -> None:
        event = read_event(line)
        if event is None:
            self._display.line(_shown(line))
        elif event.kind == "error":
            self.error, self.ended = str(event.fields.get("text", "")), True
        elif event.kind == "result":
            self.ended = True
        else:
            replay(event, self._display)


def _shown(line: str) -> str:
    """What a terminal may be given: the last state of a line that was redrawn, without control characters."""
    last = line.rstrip("\r\n").rpartition("\r")[2]
    return "".join(char if char.isprintable() else " " for char in last[:_LONGEST])
