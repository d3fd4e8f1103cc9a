"""The faults that a function reports to the Runtime API, in the words of the local server."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import describe_end
from pilotlight.local.function_process import LoadFailure
from pilotlight.local.runtime_api import RuntimeFault

EXITED: Final = "Runtime.ExitError"
"""The process has ended."""

TRUNCATED: Final = "Runtime.TruncatedResponse"
"""The connection that brings a response has ended before it."""

_HANDLER_NOT_FOUND: Final = "Runtime.HandlerNotFound"
_NOT_IMPORTED: Final = ("Runtime.ImportModuleError", "ModuleNotFoundError")


class ErrorDocument(NamedTuple):
    """What a function tells of an error.

    Attributes:
        kind: The exception's class.
        message: The exception's message.
        trace: The traceback as text.
    """

    kind: str
    message: str
    trace: str


def read_document(fault: RuntimeFault) -> ErrorDocument:
    """Return a fault's document. One that is none gives the fault's type, and its bytes as the message."""
    try:
        told = json.loads(fault.body)
        stack = told.get("stackTrace") or []
        return ErrorDocument(str(told["errorType"]), str(told["errorMessage"]), "".join(map(str, stack)))
    except (ValueError, KeyError, AttributeError, TypeError):
        return ErrorDocument(fault.type, fault.body.decode("utf-8", "replace"), "")


def build_load_error(name: str, fault: RuntimeFault, exit_code: int | None) -> ServiceError:
    """Return the error for a function that did not load.

    Args:
        name: The model.
        fault: What the function reported.
        exit_code: The exit code of its process; -N where signal N ended it; None where it is unknown.
    """
    where = f"function {name}"
    if fault.type == EXITED:
        hint = "Find what native code app.py and its packages run at import; the lines above may say more."
        return ServiceError(where, f"its process {describe_end(exit_code)} while app.py was loaded", hint)
    kind, message, trace = read_document(fault)
    what, hint = f"app.py raised {kind} at import: {message}", "Correct app.py; --debug shows where."
    if kind == "LoadError":
        what, hint = (
            f"refuses to start: {message}",
            "Pin or publish the model again, unless the error names another cause.",
        )
    elif kind in _NOT_IMPORTED:
        what = f"app.py cannot be imported: {message}"
        hint = "Install the package in this environment too, or correct app.py; --debug shows where."
    elif kind == _HANDLER_NOT_FOUND:
        what, hint = "app.py has no function called handler", "Assign handler = model_handler(__file__)."
    error = ServiceError(where, what, hint)
    error.__cause__ = LoadFailure(trace or message, ())
    return error
