"""Where a stage reports what it does, without knowing whether anyone looks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Where stages report. Implementations write to stderr or nowhere, never to stdout."""

    def stage(self, title: str) -> None:
        """Reports the start of a stage.

        Args:
            title: The stage's title, such as "train".
        """

    def note(self, text: str) -> None:
        """Reports one fact that is worth a line.

        Args:
            text: The line.
        """

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """Reports the progress of the current stage.

        Args:
            done: Units that are finished.
            total: All units.
            values: The latest values of the stage's metrics, by name.
        """

    def line(self, text: str) -> None:
        """Reports a line that another program printed, such as a container's log.

        Args:
            text: The line.
        """


class Silent:
    """A Progress for scripts and tests: says nothing."""

    def stage(self, title: str) -> None:
        """Says nothing."""

    def note(self, text: str) -> None:
        """Says nothing."""

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """Says nothing."""

    def line(self, text: str) -> None:
        """Says nothing."""


class ProgressEvent(NamedTuple):
    """One report of a stage.

    Attributes:
        stage: The title of the current stage, such as "train".
        note: A fact worth a line; empty where the stage begins or a step ends.
        done: Units of the stage that are finished; 0 where it has no units.
        total: Units of the stage in all.
        values: The latest values of the stage's metrics, by name.
    """

    stage: str
    note: str = ""
    done: int = 0
    total: int = 0
    values: Mapping[str, float] = MappingProxyType({})


class CallbackProgress:
    """A Progress that calls a function with each report.

    Args:
        callback: Takes each report.
    """

    def __init__(self, callback: Callable[[ProgressEvent], object]) -> None:
        self._callback = callback
        self._stage = ""

    def stage(self, title: str) -> None:
        """See Progress."""
        self._stage = title
        self._callback(ProgressEvent(title))

    def note(self, text: str) -> None:
        """See Progress."""
        self._callback(ProgressEvent(self._stage, text))

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """See Progress."""
        self._callback(ProgressEvent(self._stage, "", done, total, values))

    def line(self, text: str) -> None:
        """See Progress."""
        self._callback(ProgressEvent(self._stage, text))
