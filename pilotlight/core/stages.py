"""The stages of a workflow, and the duration of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pilotlight.core.progress import Progress


@dataclass
class Stages:
    """Announces each stage and measures its duration.

    Attributes:
        progress: Where stages are announced.
        timer: Seconds on any scale that only grows.
        seconds: The duration of each finished stage in seconds, by title.
    """

    progress: Progress
    timer: Callable[[], float] = time.perf_counter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Announce the stage `title`, and measure the code in the `with` block."""
        self.progress.stage(title)
        start = self.timer()
        yield
        self.seconds[title] = round(self.timer() - start, 3)
