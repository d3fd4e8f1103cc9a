"""A process that runs one function, as the server uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pilotlight.local.frames import Remaining

Output = Callable[[str], object]
"""Takes what a function prints."""


class Process(Protocol):
    """A process that runs the function: a FunctionProcess, or a RuntimeProcess where it streams."""

    @property
    def ended(self) -> bool:
        """Whether the process has ended while it had nothing to do."""

    def load(self, folder: Path) -> None:
        """Begin to load the function from its packaged folder."""

    def wait_until_loaded(self, remaining: Remaining | None = None) -> None:
        """Wait for the function to load: ServiceError where it does not, TimeoutError where the time is over."""

    def call(self, event: Any, request_id: str, remaining: Remaining | None = None) -> Any:
        """Return what the handler returns for this event; the "body" of its result may be a StreamedBody.

        The body raises a FunctionFault where the function fails in the middle: FunctionDied and FunctionTimedOut where
        its process has ended.
        """

    def kill(self) -> None:
        """End the process. Any thread may do this: a call that waits raises FunctionDied."""

    def close(self) -> None:
        """End the process, and wait for its end."""


StartProcess = Callable[[Output], Process]
"""Makes a process for the function, whose output this takes."""
