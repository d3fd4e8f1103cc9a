"""The settings of one training run, and what it records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pilotlight.core.data_source import DataSource, parse_data_source
from pilotlight.core.learning_curve import LearningCurve, to_finite
from pilotlight.core.options import TrainingSettings
from pilotlight.core.progress import Progress, Silent
from pilotlight.core.stop_request import StopRequest
from pilotlight.training.checkpoints import Checkpoints
from pilotlight.training.data.built_in import BUILT_IN
from pilotlight.training.keras.devices import Devices
from pilotlight_runtime.signature import Signature

Fetch = Callable[[str, Path], None]
"""Downloads the object at an s3:// address to a path, or all objects below an address that ends with a slash."""


class Recorder:
    """Collects what a run records: the points of its learning curve, and the columns that its model learns from.

    Attributes:
        features: The columns of a table in the model's order; empty where none are known.
    """

    def __init__(self) -> None:
        self.features: tuple[str, ...] = ()
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
        self._points.append((float(at), {name: to_finite(value) for name, value in values.items()}))

    @property
    def points(self) -> Sequence[tuple[float, Mapping[str, float | None]]]:
        """The points, in the order in which they were added."""
        return tuple(self._points)

    def curve(self) -> LearningCurve | None:
        """The learning curve, None without points."""
        if not self._points:
            return None
        names = dict.fromkeys(name for _, values in self._points for name in values)
        series = {name: tuple(values.get(name) for _, values in self._points) for name in names}
        return LearningCurve(self._axis, tuple(at for at, _ in self._points), series)


@dataclass(frozen=True)
class Run(TrainingSettings):
    """The settings of one training run: model.toml, overridden by the command line; and what train.py may use.

    Attributes:
        progress: Where train.py reports.
        fetch: Downloads s3:// addresses; None without an AWS client.
        labels: The names of the classes; empty where model.toml has no [labels], or several.
        recorder: What `record` fills.
        checkpoints: Where `fit_model` keeps its checkpoints; None where it keeps none.
        stop: Ends the fit early.
        hardware: The devices that `fit_model` uses.
        data_source: The parsed data source; None where it follows from `data`.
        signature: [signature] of model.toml; None outside of a project.

    The settings themselves (data, epochs, batch_size, learning_rate, seed, …) are the fields of TrainingSettings.
    """

    progress: Progress = field(default_factory=Silent)
    fetch: Fetch | None = None
    labels: tuple[str, ...] = ()
    recorder: Recorder = field(default_factory=Recorder)
    checkpoints: Checkpoints | None = None
    stop: StopRequest = field(default_factory=StopRequest)
    hardware: Devices = field(default_factory=Devices)
    data_source: DataSource | None = None
    signature: Signature | None = None

    @property
    def source(self) -> str:
        """The data source as the person wrote it: a name, a path or an s3:// address."""
        return self.data

    @property
    def location(self) -> DataSource:
        """The data source, parsed."""
        if self.data_source is not None and self.data_source.text == self.data:
            return self.data_source
        return parse_data_source(self.data, Path(), BUILT_IN)

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
