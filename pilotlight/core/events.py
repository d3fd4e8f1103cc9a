"""Progress as lines of JSON. A run in a container writes them, and a client that follows its log reads them.

Each line is one object. Its "event" is one of:

    stage   title                      a stage begins
    note    text                       one fact
    step    done, total, values        the progress of the stage, with the latest values of its metrics; null stands
                                       for a value that is not finite, since JSON has none
    error   kind, text                 why the run failed, as the command line says it; kind is the error's class
    result  model, version, metrics, … the result, which is the last line of a run that succeeded

Log services store a line as it is. So queries, such as those of CloudWatch Logs Insights, find each value by its name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TextIO

from pilotlight.core.documents import InvalidDocument, Limits, parse_json
from pilotlight.core.learning_curve import to_finite
from pilotlight.core.outside import MEBIBYTE
from pilotlight.core.printable import escape_controls
from pilotlight.core.progress import Progress

_SECONDS_BETWEEN_STEPS: Final = 2.0
_LIMITS: Final = Limits(bytes=MEBIBYTE, non_finite=True)
"""A log service stores no longer line."""


class Event(NamedTuple):
    """One line that a run wrote.

    Attributes:
        kind: The kind of the event; see the module.
        fields: The other fields of the object.
    """

    kind: str
    fields: Mapping[str, Any]


class JsonProgress:
    """A Progress that writes lines of JSON. Of the steps it writes one every two seconds, and the last.

    Args:
        stream: Where the lines are written.
        clock: Seconds on any scale that only grows.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock()

    def stage(self, title: str) -> None:
        """Write the title of a stage."""
        self.write("stage", title=title)

    def note(self, text: str) -> None:
        """Write one fact."""
        self.write("note", text=text)

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """Write a step, unless another one was written less than two seconds ago. The last step is always written."""
        if done >= total or self._clock() >= self._next:
            self._next = self._clock() + _SECONDS_BETWEEN_STEPS
            measured = {name: to_finite(value) for name, value in values.items()}
            self.write("step", done=int(done), total=int(total), values=measured)

    def line(self, text: str) -> None:
        """Write a line as it is."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def write(self, event: str, **fields: object) -> None:
        """Write one event of any kind. Numbers that are not finite become null."""
        line = json.dumps(
            _replace_non_finite({"event": event, **fields}), ensure_ascii=False, allow_nan=False, default=str
        )
        self._stream.write(f"{line}\n")
        self._stream.flush()


def read_event(line: str) -> Event | None:
    """Read the event in one line of a log.

    Other libraries write JSON with an "event" too (structlog does), so the kind and its fields are checked.

    Args:
        line: The line.

    Returns:
        The event; None where the line is something else, such as output of train.py.
    """
    try:
        found = parse_json(line, _LIMITS)
    except InvalidDocument:  # the line may hold anything, even endless nesting
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
            if _is_integer(done) and _is_integer(total) and all(map(_is_number_or_null, values.values())):
                return Event(found.pop("event"), found)
    return None


def replay(event: Event, progress: Progress) -> None:
    """Report a stage, a note or a step. Events of other kinds are left to the caller.

    Args:
        event: The event.
        progress: Where it is reported.
    """
    fields = event.fields
    if event.kind == "stage":
        progress.stage(escape_controls(fields["title"]))
    elif event.kind == "note":
        progress.note(escape_controls(fields["text"]))
    elif event.kind == "step":
        values = {name: number for name, value in fields["values"].items() if (number := to_finite(value)) is not None}
        progress.step(fields["done"], max(1, fields["total"]), values)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number_or_null(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _replace_non_finite(value: object) -> object:
    """`value` with null for each number that is not finite."""
    if isinstance(value, float):
        return to_finite(value)
    if isinstance(value, Mapping):
        return {key: _replace_non_finite(part) for key, part in value.items()}
    return [_replace_non_finite(part) for part in value] if isinstance(value, list | tuple) else value
