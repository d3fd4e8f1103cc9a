"""Exceptions as text that a log may hold: without the values of a request."""

from __future__ import annotations

import re
import traceback

from pilotlight_runtime.light_typing import Final

_VALUES: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[-+]?\d[\d.eE+-]*")


def format_redacted(error: BaseException) -> str:
    """The error and its causes, each with the lines of its traceback.

    Messages of an engine or of an app.py may quote the input, so numbers and quoted texts in them become "?".
    """
    lines = []
    found: BaseException | None = error
    while found is not None:
        lines.append(f"{type(found).__name__}: {_redacted(str(found))}")
        frames = traceback.extract_tb(found.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\n".join(lines)


def _redacted(message: str) -> str:
    """ONNX Runtime names the node before its status message, and values only after it."""
    node, separator, status = message.rpartition("Status Message:")
    return node + separator + _VALUES.sub("?", status)
