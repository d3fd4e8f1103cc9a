"""What goes into a way and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pilotlight.core.artifacts import ParityReport, Published, Quantization
from pilotlight.core.curve import Curve
from pilotlight.pipeline.seeds import Scores

Clock = Callable[[], datetime]
"""Now, with a time zone."""


def utc_now() -> datetime:
    """The time of day in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Options:
    """What a person overrides of [training] in model.toml; None leaves it.

    seeds: how many are trained. at_least: what the metric must reach, or nothing is published. run: the run's name;
    None where it follows from code, data and settings. pin: whether the version is pinned. recorded: whether the run
    leaves its result beside its checkpoints, for whoever waits for it elsewhere.
    """

    data: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    seeds: int = 1
    at_least: float | None = None
    run: str | None = None
    pin: bool = True
    recorded: bool = False


@dataclass(frozen=True)
class TrainResult:
    """One finished way, published and pinned.

    metrics: of the source model on the held-out part. parity: what the gate saw. seconds: by stage. sizes: bytes of
    each file of the version. quantization: what quantising did. scores: of all seeds. curve: how the model learned. The
    last three are None where there was nothing of the kind. run: the run's name, "" where nothing was fitted.
    """

    model: str
    published: Published
    metrics: Mapping[str, float]
    parity: ParityReport
    seconds: Mapping[str, float]
    sizes: Mapping[str, int]
    quantization: Quantization | None = None
    scores: Scores | None = None
    curve: Curve | None = None
    run: str = ""

    @property
    def version(self) -> str:
        """The version's name, 12 hex digits."""
        return self.published.manifest.version
