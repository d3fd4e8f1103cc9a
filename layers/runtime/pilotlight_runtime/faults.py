"""An error in words that a log may hold."""

from __future__ import annotations

import re
import traceback

from pilotlight_runtime.typed import Final

_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[-+]?\d[\d.eE+-]*")


def described(error: BaseException) -> str:
    """The error, its causes and where each was raised.

    What an engine or a person's code says may quote the input: numbers and quoted texts become "?".
    """
    lines = []
    found: BaseException | None = error
    while found is not None:
        lines.append(f"{type(found).__name__}: {_without_values(str(found))}")
        frames = traceback.extract_tb(found.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\n".join(lines)


def _without_values(message: str) -> str:
    """ONNX Runtime names the node before its status message, and values only after it."""
    node, separator, status = message.rpartition("Status Message:")
    return node + separator + _QUOTED.sub("?", status)
