"""Why a function gave no answer.

FunctionFault
├── FunctionRaised    its handler raised, or returned something that JSON does not have
├── FunctionDied      its process ended in the middle: a native crash, an exit, no memory
├── FunctionTimedOut  it took longer than its timeout, and its process was ended
├── FunctionBusy      it was busy with other requests until too little time was left
├── FunctionLoading   its process ended, and the new one did not load before the timeout was over
└── FunctionDown      its process ended, and could not be started again yet
"""

from __future__ import annotations

import signal
from typing import Final

_KILLED: Final = "; the system sends it where memory runs out"
_NOTICEABLE: Final = 0.05
"""Seconds. A shorter wait does not explain a timeout."""


class FunctionFault(Exception):
    """A function gave no answer. The text is for the caller: it has nothing of the request.

    FunctionDown says why app.py does not load, as the command line does.

    Attributes:
        status: The HTTP status for the caller.
        details: What the log says more; "" for nothing.
    """

    status: int = 500

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


class FunctionRaised(FunctionFault):
    """The handler raised, or returned something that JSON does not have. API Gateway answers 502.

    Attributes:
        kind: The exception's class.
        message: The exception's message, which is not for callers.
    """

    status = 502

    def __init__(self, kind: str, message: str, details: str) -> None:
        super().__init__("Internal server error", details)
        self.kind = kind
        self.message = message


class FunctionDied(FunctionFault):
    """The function's process ended while it handled an event.

    Args:
        exit_code: The process' exit code; -N where signal N ended it; None where it is unknown.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            f"the function's process {describe_end(exit_code)}; it is started again."
            " In Lambda, the execution environment would be replaced"
        )


class FunctionTimedOut(FunctionFault):
    """The function took longer than its timeout, and its process was ended. API Gateway answers 504.

    Args:
        seconds: The timeout.
        waited: The part of it in which the request waited for its turn and for the function to load, in seconds.
    """

    status = 504

    def __init__(self, seconds: float, waited: float = 0.0) -> None:
        before = f", of which the request waited {waited:.1f} s for its turn" if waited > _NOTICEABLE else ""
        super().__init__(
            f"the function took longer than its timeout of {seconds:g} s{before};"
            " its process was ended and is started again"
        )


class FunctionBusy(FunctionFault):
    """The function handled other requests until the time that was left of the timeout was too short for an answer.

    Args:
        seconds: The timeout.
    """

    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the function was busy with other requests until too little of its timeout of {seconds:g} s was left"
        )


class FunctionLoading(FunctionFault):
    """The function's process was started again, and did not load the function before the timeout was over.

    Args:
        seconds: The timeout.
    """

    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the function is started again and still loads (app.py and its model) after its timeout of {seconds:g} s"
        )


class FunctionDown(FunctionFault):
    """The function's process could not be started again.

    Args:
        why: Why.
        seconds: When the next start is tried.
    """

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(f"the function does not start ({why}); the next start is tried in {max(seconds, 0.1):.1f} s")


def describe_end(exit_code: int | None) -> str:
    """Say how a process ended: "died of SIGSEGV", "ended with exit code 3", or that nobody knows."""
    if exit_code is None:
        return "ended for an unknown reason"
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal
        name = f"signal {-exit_code}"
    return f"died of {name}{_KILLED if name == 'SIGKILL' else ''}"
