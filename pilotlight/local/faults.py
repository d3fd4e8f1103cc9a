"""Why a function gave no answer.

FunctionFault
├── FunctionRaised    its handler raised, or returned something that JSON does not have
├── FunctionDied      its process ended in the middle: a native crash, an exit, no memory
├── FunctionTimedOut  it took longer than its timeout, and its process was ended
└── FunctionDown      its process ended, and could not be started again yet
"""

from __future__ import annotations

import signal
from typing import Final

_KILLED: Final = "; the system sends it where memory runs out"


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
        exit_code: The process' exit code; -N where signal N ended it.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(
            f"the function's process {describe_end(exit_code)}; it is started again."
            " In Lambda, the execution environment would be replaced"
        )


class FunctionTimedOut(FunctionFault):
    """The function took longer than its timeout, and its process was ended. API Gateway answers 504.

    Args:
        seconds: The timeout.
    """

    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the function took longer than its timeout of {seconds:g} s; its process was ended and is started again"
        )


class FunctionDown(FunctionFault):
    """The function's process could not be started again.

    Args:
        why: Why.
        seconds: When the next start is tried.
    """

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(f"the function does not start ({why}); the next start is tried in {max(seconds, 0.1):.1f} s")


def describe_end(exit_code: int) -> str:
    """Say how a process ended: "died of SIGSEGV", or "ended with exit code 3"."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal
        name = f"signal {-exit_code}"
    return f"died of {name}{_KILLED if name == 'SIGKILL' else ''}"
