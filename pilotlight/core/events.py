"""Progress as lines of JSON: a run in a container writes them, whoever watches its log reads them.

One object a line, its kind in "event":

    stage   title                     a stage begins
    note    text                      one fact worth a line
    step    done, total, values       so much of the stage is done, with the latest values of its metrics
    error   kind, text                why the run failed, as the command line would say it; kind is the error's class
    result  model, version, metrics, … what the run made, the last line of one that succeeded

Log stores take a line as it is, so that queries such as CloudWatch Logs Insights' find every value by its name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TextIO

from pilotlight.core.progress import Progress

_SECONDS_BETWEEN_STEPS: Final = 2.0


class Event(NamedTuple):
    """One line that a run wrote. kind: see above. fields: the rest of the object."""

    kind: str
    fields: Mapping[str, Any]


class JsonProgress:
    """A Progress that writes lines of JSON to `stream`, of steps one every two seconds and the last."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock()

    def stage(self, title: str) -> None:
        """See core.progress.Progress."""
        self.write("stage", title=title)

    def note(self, text: str) -> None:
        """See core.progress.Progress."""
        self.write("note", text=text)

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """See core.progress.Progress."""
        if done >= total or self._clock() >= self._next:
            self._next = self._clock() + _SECONDS_BETWEEN_STEPS
            self.write("step", done=done, total=total, values=dict(values))

    def write(self, event: str, **fields: object) -> None:
        """One line of any kind."""
        self._stream.write(json.dumps({"event": event, **fields}, ensure_ascii=False, default=str) + "\n")
        self._stream.flush()


def read_event(line: str) -> Event | None:
    """The event in a line of a log; None where it is something else, such as what train.py printed."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("event"), str):
        return None
    return Event(found.pop("event"), found)


def replay(event: Event, progress: Progress) -> None:
    """Tells `progress` what a stage, a note or a step said; other kinds are the caller's."""
    fields = event.fields
    if event.kind == "stage":
        progress.stage(str(fields.get("title", "")))
    elif event.kind == "note":
        progress.note(str(fields.get("text", "")))
    elif event.kind == "step":
        progress.step(int(fields.get("done", 0)), max(1, int(fields.get("total", 1))), dict(fields.get("values", {})))
