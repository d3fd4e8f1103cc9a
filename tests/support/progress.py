"""A Progress that remembers what it is told."""

from __future__ import annotations

from collections.abc import Mapping


class Heard:
    """Remembers each call. events: all of them in order, each as its kind followed by its arguments."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.stages: list[str] = []
        self.notes: list[str] = []
        self.steps: list[tuple[int, int]] = []

    def stage(self, title: str) -> None:
        self.events.append(("stage", title))
        self.stages.append(title)

    def note(self, text: str) -> None:
        self.events.append(("note", text))
        self.notes.append(text)

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        self.events.append(("step", done, total, dict(values)))
        self.steps.append((done, total))

    def line(self, text: str) -> None:
        self.events.append(("line", text))
