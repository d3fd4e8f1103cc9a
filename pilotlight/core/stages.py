"""Which stage runs, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pilotlight.core.progress import Progress


@dataclass
class Stages:
    """Announces each stage and measures it.

    Attributes:
        progress: Where stages are announced.
        timer: Seconds on any scale that only grows.
        seconds: The seconds that each finished stage took, by title.
    """

    progress: Progress
    timer: Callable[[], float] = time.perf_counter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Run the stage `title` inside."""
        self.progress.stage(title)
        start = self.timer()
        yield
        self.seconds[title] = round(self.timer() - start, 3)
