"""What one training run is told, and what it tells while it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pilotlight.core.curve import Curve, finite
from pilotlight.core.progress import Progress, Silent
from pilotlight.core.stopping import Stop
from pilotlight.training.checkpoints import Checkpoints
from pilotlight.training.keras.devices import Devices
from pilotlight.training.keras.precision import FLOAT32

Fetch = Callable[[str, Path], None]
"""Downloads the object at an s3:// address to a path; all below it to a folder, where it ends with a slash."""


class Recorder:
    """Collects the points of a learning curve."""

    def __init__(self) -> None:
        self._axis = ""
        self._points: list[tuple[float, dict[str, float | None]]] = []

    def add(self, axis: str, at: float, values: Mapping[str, float]) -> None:
        """One more point; ValueError where the axis is another than before."""
        if self._points and axis != self._axis:
            raise ValueError(f"a learning curve has one axis: {self._axis!r} before, {axis!r} now")
        self._axis = axis
        self._points.append((float(at), {name: finite(value) for name, value in values.items()}))

    @property
    def points(self) -> Sequence[tuple[float, Mapping[str, float | None]]]:
        """What was added, in turn."""
        return tuple(self._points)

    def curve(self) -> Curve | None:
        """What was collected, None where nothing was."""
        if not self._points:
            return None
        names = dict.fromkeys(name for _, values in self._points for name in values)
        series = {name: tuple(values.get(name) for _, values in self._points) for name in names}
        return Curve(self._axis, tuple(at for at, _ in self._points), series)


@dataclass(frozen=True)
class Run:
    """The settings of a run, resolved: command line first, then model.toml.

    source: a built-in data source, a path, s3://bucket/key or s3://bucket/prefix/. epochs: passes over the training
    part. batch_size: samples a step, at most. learning_rate: where the schedule starts. seed: of every random
    generator. progress: where train.py reports. fetch: downloads s3:// addresses, None where no AWS client is at hand.
    labels: the names of the classes, empty where model.toml has no [labels]. recorder: what `record` fills.
    checkpoints: where `fit_model` keeps them, None where it keeps none. checkpoint_minutes: the longest that it goes
    without one. stop: ends it early. precision: the numbers that `fit_model` computes in, as Keras names the policy.
    devices: those that it uses. deterministic: whether GPUs are to give the same bits each time.
    """

    source: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    progress: Progress = field(default_factory=Silent)
    fetch: Fetch | None = None
    labels: tuple[str, ...] = ()
    recorder: Recorder = field(default_factory=Recorder)
    checkpoints: Checkpoints | None = None
    checkpoint_minutes: float = 10.0
    stop: Stop = field(default_factory=Stop)
    precision: str = FLOAT32
    devices: Devices = field(default_factory=Devices)
    deterministic: bool = False

    def record(self, axis: str, at: float, values: Mapping[str, float]) -> None:
        """One point of the learning curve, `at` so many of `axis` ("epoch", "training samples").

        values: by name; val_NAME is NAME on samples that were not learned from. Keras models need none of this: their
        history is read. ValueError where the axis changes within one run.
        """
        self.recorder.add(axis, at, values)
