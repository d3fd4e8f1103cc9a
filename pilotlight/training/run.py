"""What one training run is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pilotlight.core.progress import Progress, Silent

Fetch = Callable[[str, Path], None]
"""Downloads the object at an s3:// address to a path."""


@dataclass(frozen=True)
class Run:
    """The settings of a run, resolved: command line first, then model.toml.

    source: a built-in data source, a path or s3://bucket/key. epochs: passes over the training part. batch_size:
    samples a step, at most. learning_rate: where the schedule starts. seed: of every random generator. progress: where
    train.py reports. fetch: downloads s3:// addresses, None where no AWS client is at hand.
    """

    source: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    progress: Progress = field(default_factory=Silent)
    fetch: Fetch | None = None
