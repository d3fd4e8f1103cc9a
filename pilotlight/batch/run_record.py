"""What the store holds about one run, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pilotlight.batch.money import DollarRange


class RunResult(NamedTuple):
    """What a run produced, as result.json says.

    Attributes:
        model: The model's name.
        version: The version's name.
        new: Whether the run published it; otherwise the same version was there before.
        metric: The metric's name; "" where the model has none.
        value: The metric's value; None where the model has none.
        metrics: Every metric by its name.
        seconds: How long the run took.
        finished: ISO 8601; "" where unknown.
    """

    model: str
    version: str
    new: bool
    metric: str
    value: float | None
    metrics: Mapping[str, Any]
    seconds: float
    finished: str


class RunRecord(NamedTuple):
    """What the store holds about one run.

    Attributes:
        run: The run's id.
        request: run.json; empty where none was written.
        jobs: The records of its jobs, the oldest first.
        result: What it produced; None where it has no result.
        spent: What its jobs have cost together, as far as somebody watched them to their end; None where nobody did.
        damaged: What is wrong with one of its files, in which case nothing else is filled in; "" where all are sound.
    """

    run: str
    request: Mapping[str, Any]
    jobs: tuple[Mapping[str, Any], ...]
    result: RunResult | None
    spent: DollarRange | None = None
    damaged: str = ""

    @property
    def queue(self) -> str:
        """The queue of its newest job, else the one in run.json; "" where it was never submitted."""
        of_jobs = (str(job["queue"]) for job in reversed(self.jobs) if job.get("queue"))
        return next(of_jobs, str(self.request.get("queue", "")))

    @property
    def model(self) -> str:
        """The model's name; "" where the store does not hold it."""
        return str(self.request.get("model") or (self.result.model if self.result else ""))

    @property
    def submitted(self) -> str:
        """ISO 8601; "" where it was never submitted to AWS Batch."""
        return str(self.request.get("submitted", ""))
