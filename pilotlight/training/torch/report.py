"""The progress of a PyTorch fit: its steps, a few times a second, and one line and one point of the curve an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pilotlight.training.run import Run
from pilotlight.training.torch.steps import Stepper

_REPORTS_PER_SECOND: Final = 5


class EpochReport:
    """Reports one fit.

    Args:
        run: The settings, with where to report.
        steps: Steps in an epoch.
        clock: Seconds that only increase.
    """

    def __init__(self, run: Run, steps: int, clock: Callable[[], float]) -> None:
        self._run = run
        self._steps = steps
        self._clock = clock
        self._next = clock()

    def step(self, epoch: int, step: int, stepper: Stepper) -> None:
        """Report a step, unless one was reported just now: the means are computed on the device until they are read."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + 1 / _REPORTS_PER_SECOND
        done = epoch * self._steps + step + 1
        self._run.progress.step(done, self._run.epochs * self._steps, stepper.read_means())

    def end_epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Report an epoch, and add it to the learning curve."""
        self._run.progress.step((epoch + 1) * self._steps, self._run.epochs * self._steps, values)
        self._run.record("epoch", epoch + 1, values)
        shown = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        self._run.progress.note(f"epoch {epoch + 1} of {self._run.epochs}: {shown}")
