"""Progress as lines of JSON: a run in a container writes them, whoever watches its log reads them.

One object a line, its kind in "event":

    stage   title                     a stage begins
    note    text                      one fact worth a line
    step    done, total, values       so much of the stage is done, with the latest values of its metrics; null where a
                                      value is no finite number, which JSON has not
    error   kind, text                why the run failed, as the command line would say it; kind is the error's class
    result  model, version, metrics, … what the run made, the last line of one that succeeded

Log stores take a line as it is, so that queries such as CloudWatch Logs Insights' find every value by its name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TextIO

from pilotlight.core.curve import finite
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
            measured = {name: finite(value) for name, value in values.items()}
            self.write("step", done=int(done), total=int(total), values=measured)

    def line(self, text: str) -> None:
        """Write the line as it is."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def write(self, event: str, **fields: object) -> None:
        """One line of any kind. Numbers that JSON has not become null."""
        line = json.dumps(_plain({"event": event, **fields}), ensure_ascii=False, allow_nan=False, default=str)
        self._stream.write(f"{line}\n")
        self._stream.flush()


def read_event(line: str) -> Event | None:
    """The event in a line of a log; None where it is something else, such as what train.py printed.

    Other libraries write JSON with an "event" too (structlog does), so the kind and its fields have to be ours.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # a line may hold anything, brackets without end among it
        return None
    match found:
        case (
            {"event": "stage", "title": str()}
            | {"event": "note", "text": str()}
            | {"event": "error", "text": str()}
            | {"event": "result", "model": str(), "version": str()}
        ):
            return Event(found.pop("event"), found)
        case {"event": "step", "done": done, "total": total, "values": dict(values)}:
            if _whole(done) and _whole(total) and all(map(_measured, values.values())):
                return Event(found.pop("event"), found)
    return None


def replay(event: Event, progress: Progress) -> None:
    """Tells `progress` what a stage, a note or a step said; other kinds are the caller's."""
    fields = event.fields
    if event.kind == "stage":
        progress.stage(fields["title"])
    elif event.kind == "note":
        progress.note(fields["text"])
    elif event.kind == "step":
        values = {name: number for name, value in fields["values"].items() if (number := finite(value)) is not None}
        progress.step(fields["done"], max(1, fields["total"]), values)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _measured(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _plain(value: object) -> object:
    """`value` with null for each number that is not finite."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
