"""The settings of one training run, and what it records."""

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
"""Downloads the object at an s3:// address to a path, or all objects below an address that ends with a slash."""


class Recorder:
    """Collects the points of a learning curve."""

    def __init__(self) -> None:
        self._axis = ""
        self._points: list[tuple[float, dict[str, float | None]]] = []

    def add(self, axis: str, at: float, values: Mapping[str, float]) -> None:
        """Adds a point.

        Raises:
            ValueError: The axis is not that of the points before.
        """
        if self._points and axis != self._axis:
            raise ValueError(f"a learning curve has one axis: {self._axis!r} before, {axis!r} now")
        self._axis = axis
        self._points.append((float(at), {name: finite(value) for name, value in values.items()}))

    @property
    def points(self) -> Sequence[tuple[float, Mapping[str, float | None]]]:
        """The points, in the order in which they were added."""
        return tuple(self._points)

    def curve(self) -> Curve | None:
        """The learning curve, None without points."""
        if not self._points:
            return None
        names = dict.fromkeys(name for _, values in self._points for name in values)
        series = {name: tuple(values.get(name) for _, values in self._points) for name in names}
        return Curve(self._axis, tuple(at for at, _ in self._points), series)


@dataclass(frozen=True)
class Run:
    """The settings of a run: those of the command line, else those of model.toml.

    Attributes:
        source: The data: a name that train.py knows, a path, s3://bucket/key or s3://bucket/prefix/.
        epochs: Passes over the training part.
        batch_size: The most samples in a step.
        learning_rate: The rate that a schedule starts from.
        seed: Of every random generator.
        progress: Where train.py reports.
        fetch: Downloads s3:// addresses; None without an AWS client.
        labels: The names of the classes; empty where model.toml has no [labels].
        recorder: Collects the points of `record`.
        checkpoints: Where `fit_model` writes checkpoints; None for no checkpoints.
        checkpoint_minutes: The longest time between two checkpoints, in minutes.
        stop: Ends the run early.
        precision: What `fit_model` computes in: Keras's name of a dtype policy.
        devices: What `fit_model` computes on.
        deterministic: Whether GPUs must give the same bits each time.
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
        """Records a point of the learning curve. For a Keras model that train.py returns, its history is read instead.

        Args:
            axis: The name of the horizontal axis, such as "epoch" or "training samples". A run has one axis.
            at: The point's place on it.
            values: The measured values by name; `val_NAME` is NAME on samples that were not learned from.

        Raises:
            ValueError: The axis is not that of the points before.
        """
        self.recorder.add(axis, at, values)
