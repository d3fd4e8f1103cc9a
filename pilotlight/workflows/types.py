"""What the workflows that make a version take and return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Published, Quantization
from pilotlight.core.curve import Curve
from pilotlight.core.modelconfig import NONE, ModelConfig


@dataclass(frozen=True)
class TrainRequest:
    """A training of one model.

    Attributes:
        name: The model, a folder under functions/.
        options: Options by name, see core/options.py; what is missing is as in model.toml.
        run: The run's name; None where it follows from code, data and settings.
        pin: Whether the version is pinned.
        keep_result: Whether the run leaves its result in the store, for whoever waits for it elsewhere.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    pin: bool = True
    keep_result: bool = False

    @property
    def seeds(self) -> int:
        """How many seeds are trained."""
        return int(self.options.get("seeds", 1))

    @property
    def at_least(self) -> float | None:
        """What the metric must reach, or nothing is published."""
        return self.options.get("at_least")


@dataclass(frozen=True)
class ConvertRequest:
    """A conversion of a saved model.

    Attributes:
        name: The model, a folder under functions/.
        source: The saved model, such as model.keras.
        options: Options by name; only the data source matters.
    """

    name: str
    source: Path
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportRequest:
    """An import of an ONNX file.

    Attributes:
        name: The model's name; its folder need not exist.
        source: The ONNX file.
        golden: An .npz file of reference samples; None where there is none.
    """

    name: str
    source: Path
    golden: Path | None = None


@dataclass(frozen=True)
class Scores:
    """What several seeds reached.

    Attributes:
        metric: The metric's name.
        by_seed: Each seed's score on its held-out part.
        kept: The seed whose model is published.
    """

    metric: str
    by_seed: Mapping[int, float]
    kept: int

    @property
    def median(self) -> float:
        """The median of all scores."""
        return median(self.by_seed.values())

    def as_json(self) -> dict[str, object]:
        """For the manifest and for --json."""
        by_seed = {str(seed): round(score, 6) for seed, score in self.by_seed.items()}
        return {"metric": self.metric, "median": round(self.median, 6), "kept": self.kept, "by_seed": by_seed}


class Built(NamedTuple):
    """A candidate that the gate has compared with its source.

    Attributes:
        candidate: The files that a version would hold.
        report: What the gate found; it may refuse.
        metrics: Of the source model on the held-out part.
        quantization: What quantising changed; None where nothing was quantised.
        sample: The inputs of one call; None where there is no sample.
    """

    candidate: Candidate
    report: ParityReport
    metrics: Mapping[str, float]
    quantization: Quantization | None
    sample: Named | None = None


@dataclass(frozen=True)
class TrainResult:
    """A published version, as train, convert and import return it.

    Attributes:
        model: The model's name.
        published: The version in the store.
        metrics: Of the source model on the held-out part.
        parity: What the gate found.
        seconds: The duration of each stage.
        sizes: The bytes of each file of the version.
        quantization: What quantising changed; None where nothing was quantised.
        scores: Of all seeds; None where one seed was trained.
        curve: The learning curve; None where there is none.
        run: The run's name; "" where nothing was fitted.
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


def published_metric(config: ModelConfig, metrics: Mapping[str, float], report: ParityReport) -> float | None:
    """Return what the published model reaches of its metric; None where it is not known.

    It is the source model's metric over the whole held-out part: the gate has shown that the ONNX model answers the
    same. Quantising changes answers, so a quantised model's is its own.
    """
    return metrics.get(config.training.metric) if config.quantization.mode == NONE else report.onnx_metric
