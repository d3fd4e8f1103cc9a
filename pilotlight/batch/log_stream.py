"""Follows the log of a job's containers, line by line. Each attempt has a log stream of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pilotlight.batch.protocol import LogStreams
from pilotlight.core.events import read_event, replay
from pilotlight.core.progress import Progress

_MAX_LINE: Final = 2000
"""How many characters of a line are shown."""


class LogFollower:
    """Shows new lines in the log streams of one job.

    Args:
        logs: CloudWatch Logs.
        groups: The log groups that may hold the streams, the likeliest first.
        progress: Where lines and events are shown.

    Attributes:
        error: The text of the newest stream's `error` event; "" where it has none.
        ended: Whether the newest stream holds an `error` or `result` event, which is a container's last.
    """

    def __init__(self, logs: LogStreams, groups: Iterable[str], progress: Progress) -> None:
        self._logs = logs
        self._groups = tuple(dict.fromkeys(groups))
        self._progress = progress
        self._tokens: dict[str, str | None] = {}
        self._group_of: dict[str, str] = {}
        self.error = ""
        self.ended = False

    def show(self, stream: str) -> None:
        """Show every line of `stream` that has not been shown."""
        if not stream:
            return
        if stream not in self._tokens:
            self._tokens[stream] = None
            self.error, self.ended = "", False
        for line in self._read_new(stream):
            self._show_line(line)

    def _read_new(self, stream: str) -> Iterator[str]:
        while True:
            token = self._tokens[stream]
            page = self._read_page(stream, token)
            if page is None:
                return
            lines, next_token = page
            self._tokens[stream] = next_token
            yield from lines
            if next_token is None or next_token == token:
                return

    def _read_page(self, stream: str, token: str | None) -> tuple[Iterable[str], str | None] | None:
        for group in [self._group_of[stream]] if stream in self._group_of else self._groups:
            page = self._logs.read(group, stream, token)
            if page is not None:
                self._group_of[stream] = group
                return page
        return None

    def _show_line(self, line: str) -> None:
        event = read_event(line)
        if event is None:
            self._progress.line(_clean_line(line))
        elif event.kind == "error":
            self.error, self.ended = str(event.fields.get("text", "")), True
        elif event.kind == "result":
            self.ended = True
        else:
            replay(event, self._progress)


def _clean_line(line: str) -> str:
    """Return what is safe on a terminal: the last state of a redrawn line, without control characters."""
    last = line.rstrip("\r\n").rpartition("\r")[2]
    return "".join(char if char.isprintable() else " " for char in last[:_MAX_LINE])
