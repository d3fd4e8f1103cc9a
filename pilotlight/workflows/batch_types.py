"""What the workflows of AWS Batch take and return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pilotlight.batch import Cloud, RunRecord, RunResult, StackSettings
from pilotlight.core.model_config import ModelConfig

__all__ = ["BatchResult", "BatchRun", "CancelledRun", "RunRecord", "RunResult", "RunState"]


@dataclass(frozen=True)
class BatchRun:
    """A run on AWS Batch before it is submitted.

    Attributes:
        id: The name of the run, a digest of code, data and settings.
        config: The configuration of the model.
        options: The given options by name.
        cloud: The AWS services.
        settings: The training settings of the deployed stack.
        tag: The tag of the image with the project's present code.
        data: The identity of the data.
        resolved: Every setting, resolved.
    """

    id: str
    config: ModelConfig
    options: Mapping[str, Any]
    cloud: Cloud
    settings: StackSettings
    tag: str
    data: Mapping[str, Any]
    resolved: Mapping[str, Any]


@dataclass(frozen=True)
class BatchResult:
    """The outcome of a run on AWS Batch.

    Attributes:
        run: The name of the run.
        model: The name of the model.
        job: The ID of its job; "" where no job was needed.
        result: The result of the run; None where nobody waited for its end.
        record: The files of the run in the store; None where nobody waited.
        pinned: Whether the version is pinned.
    """

    run: str
    model: str
    job: str
    result: RunResult | None = None
    record: RunRecord | None = None
    pinned: bool = False


class RunState(NamedTuple):
    """One run in the store.

    Attributes:
        record: The files of the run in the store.
        state: Its state in a word.
        seconds: The duration of its attempts in seconds; None where it is not known.
    """

    record: RunRecord
    state: str
    seconds: float | None


class CancelledRun(NamedTuple):
    """A run whose job is being terminated.

    Attributes:
        run: The name of the run.
        model: The name of the model.
        job: The ID of the job.
        checkpoints: Where its checkpoints are.
    """

    run: str
    model: str
    job: str
    checkpoints: str
