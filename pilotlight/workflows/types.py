"""The requests and results of the workflows that make a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any, NamedTuple

from pilotlight.core.artifacts import Candidate, NamedArrays, PublishedVersion
from pilotlight.core.learning_curve import LearningCurve
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight_runtime.manifest import Json


@dataclass(frozen=True)
class TrainRequest:
    """A training of one model.

    Attributes:
        name: The model, a folder under functions/.
        options: Options by name, see core/options.py. Missing ones are taken from model.toml.
        run: The name of the run; None where it follows from code, data and settings.
        pin: Whether the version is pinned.
        keep_result: Whether the run stores its result, for a client that waits for it elsewhere.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    pin: bool = True
    keep_result: bool = False

    @property
    def seeds(self) -> int:
        """The number of seeds to train with."""
        return self.options.get("seeds", 1)  # type: ignore[no-any-return]  # checked as an option

    @property
    def at_least(self) -> float | None:
        """The smallest metric to publish; None publishes any."""
        return self.options.get("at_least")


@dataclass(frozen=True)
class ConvertRequest:
    """A conversion of a saved model.

    Attributes:
        name: The model, a folder under functions/.
        source: The saved model, such as model.keras.
        options: Options by name. Only the data source matters.
    """

    name: str
    source: Path
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportRequest:
    """An import of an ONNX file or a language model.

    Attributes:
        name: The model's name; its folder need not exist.
        source: The ONNX file, or the file or folder of a language model.
        golden: An .npz file of reference samples; None where there is none.
        text: A file of held-out text on which the gate compares a language model; None for Pilotlight's own texts.
        hub: The name of a language model on Hugging Face's hub, which is then the source; "" where there is a source.
    """

    name: str
    source: Path
    golden: Path | None = None
    text: Path | None = None
    hub: str = ""


@dataclass(frozen=True)
class SeedScores:
    """The scores of several seeds.

    Attributes:
        metric: The name of the metric.
        by_seed: The score of each seed on its held-out part.
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
        """Return the scores for the manifest and for --json."""
        by_seed = {str(seed): round(score, 6) for seed, score in self.by_seed.items()}
        return {"metric": self.metric, "median": round(self.median, 6), "kept": self.kept, "by_seed": by_seed}


class BuiltCandidate(NamedTuple):
    """A candidate that the gate has verified.

    Attributes:
        candidate: The files of a version.
        report: The report of the gate, which may reject the candidate.
        metrics: The metrics of the source model on the held-out part.
        quantization: The effect of quantization; None where the model is not quantized.
        sample: The inputs of one call; None where there is no sample.
        ranges: The values that inputs take, see conversion/input_ranges.py.
    """

    candidate: Candidate
    report: ParityReport
    metrics: Mapping[str, float]
    quantization: QuantizationReport | None
    sample: NamedArrays | None = None
    ranges: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True)
class TrainResult:
    """A published version, as train, convert and import return it.

    Attributes:
        model: The name of the model.
        published: The version in the store.
        metrics: The metrics of the source model on the held-out part.
        parity: The report of the gate.
        seconds: The duration of each stage in seconds.
        sizes: The bytes of each file of the version.
        quantization: The effect of quantization; None where the model is not quantized.
        scores: The scores of all seeds; None where one seed was trained.
        curve: The learning curve; None where there is none.
        run: The name of the run; "" where nothing was fitted.
    """

    model: str
    published: PublishedVersion
    metrics: Mapping[str, float]
    parity: ParityReport
    seconds: Mapping[str, float]
    sizes: Mapping[str, int]
    quantization: QuantizationReport | None = None
    scores: SeedScores | None = None
    curve: LearningCurve | None = None
    run: str = ""

    @property
    def version(self) -> str:
        """The version's name, 12 hex digits."""
        return self.published.manifest.version


@dataclass(frozen=True)
class Publication:
    """How a candidate is published.

    Attributes:
        config: The configuration of the model.
        at_least: The smallest metric to publish; None publishes any.
        pin: Whether the version is pinned.
        facts: What the manifest adds about the origin of the model.
    """

    config: ModelConfig
    at_least: float | None = None
    pin: bool = True
    facts: Json = field(default_factory=dict)
