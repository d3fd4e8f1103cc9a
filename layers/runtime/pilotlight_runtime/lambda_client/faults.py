"""Errors of a handler as AWS's client reports them: a document for the caller, another for X-Ray.

Source of the documents: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

from posix import getcwd

from pilotlight_runtime.light_typing import TYPE_CHECKING, Final
from pilotlight_runtime.paths import parent

if TYPE_CHECKING:
    from types import TracebackType

_OWN_FOLDER: Final = parent(__file__)
_VALIDATION: Final = "LambdaValidationError"
"""The type that X-Ray is told of a fault."""


class Fault(Exception):
    """An error that is not an exception of the handler's code: the handler or its result is not as Lambda needs it.

    Args:
        kind: The type that is reported, such as Runtime.HandlerNotFound.
        message: What is wrong.
        stack: Lines that say where.
    """

    def __init__(self, kind: str, message: str, stack: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stack = stack


class Report:
    """What is reported of an error.

    Attributes:
        kind: The type of the error.
        message: Its message.
        stack: Its traceback, an entry a frame.
        cause: The document for X-Ray.
    """

    __slots__ = ("cause", "kind", "message", "stack")

    def __init__(self, error: BaseException) -> None:
        frames: list[tuple[str, int, str]] = []
        if isinstance(error, Fault):
            self.kind, self.message, self.stack = error.kind, error.message, list(error.stack)
            kind = _VALIDATION
        else:
            kind = self.kind = type(error).__name__
            self.message = _text(error)
            frames, self.stack = _trace(error.__traceback__)
        self.cause = {
            "working_directory": _working_directory(),
            "exceptions": [
                {
                    "message": self.message,
                    "type": kind,
                    "stack": [{"label": name, "path": path, "line": line} for path, line, name in frames],
                }
            ],
            "paths": [*dict.fromkeys(path for path, _, _ in frames)],
        }

    def document(self, request_id: str = "") -> dict[str, object]:
        """The document for the caller and the log."""
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": self.stack,
        }


def _trace(traceback: TracebackType | None) -> tuple[list[tuple[str, int, str]], list[str]]:
    """The frames below this client, and the same as Python prints them."""
    from traceback import extract_tb, format_list

    entries = list(extract_tb(traceback))
    while entries and parent(entries[0].filename) == _OWN_FOLDER:
        del entries[0]
    frames = [(entry.filename, entry.lineno or 0, entry.name) for entry in entries]
    # As tuples, which have no columns: AWS's client marks none either.
    return frames, format_list([(entry.filename, entry.lineno or 0, entry.name, entry.line) for entry in entries])


def _text(error: BaseException) -> str:
    """The message of an exception; its class may fail to give one."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  (the handler's code: any class of exception may have any __str__)
        return f"<{type(error).__name__} has no message: its __str__ failed>"


def _working_directory() -> str:
    try:
        return getcwd()
    except OSError:  # the handler has removed it
        return ""
