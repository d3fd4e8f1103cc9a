"""How a stage tells the person what it is doing, without knowing whether anyone looks."""

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Where stages report. Implementations write to stderr or nowhere, never to stdout."""

    def stage(self, title: str) -> None:
        """A new stage begins, such as "train"."""

    def note(self, text: str) -> None:
        """One fact worth a line."""

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """`done` of `total` units of the current stage are finished, with the latest values of its metrics."""

    def line(self, text: str) -> None:
        """One line that another program printed, such as a container's log."""


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
