"""The end of every way: the report is read, and what passed is started once, published and pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pilotlight.conversion import Adapter, opset_of
from pilotlight.core.artifacts import ParityReport
from pilotlight.core.errors import ParityError, ProjectError
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.core.modelconfig import NONE, ModelConfig
from pilotlight.core.project import Project
from pilotlight.pipeline.carry import Carried
from pilotlight.pipeline.provenance import provenance
from pilotlight.pipeline.result import Clock, TrainResult
from pilotlight.pipeline.stages import Stages
from pilotlight.pipeline.started import check_start, has_code
from pilotlight.store import Store
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.manifest import ImageInput, Json
from pilotlight_runtime.signature import Signature


def check_image(where: str, image: ImageInput | None, signature: Signature) -> None:
    """ProjectError, naming `where`, where [image] of model.toml describes no input of `signature`."""
    if image is None:
        return
    spec = signature.input(image.input)
    size = (image.height, image.width)
    wanted = (1, *size, image.channels) if image.layout == "NHWC" else (1, image.channels, *size)
    if spec is None or len(signature.inputs) != 1 or spec.datatype is not FP32 or not spec.accepts(wanted):
        shown = ", ".join(f"{spec.name} {spec.datatype.name} {list(spec.shape)}" for spec in signature.inputs)
        raise ProjectError(
            where,
            f"[image] gives {image.input} FP32 {list(wanted)}, the model's inputs are {shown}",
            "An image must be the model's only input; correct [image].",
        )


def require_parity(name: str, report: ParityReport, *, quantized: bool = False) -> None:
    """ParityError with every failure, one a line, where there is any."""
    hint = "Check the conversion; [parity] in model.toml holds the tolerances."
    if quantized:
        hint += ' Those of the quantised model, and mode = "none", are in [quantization].'
    if report.failures:
        failures = "".join(f"\n  - {failure}" for failure in report.failures)
        raise ParityError(
            f"model {name!r}",
            f"the ONNX model does not answer as its source does, so nothing was published:{failures}",
            hint,
        )


def reached(config: ModelConfig, metrics: Mapping[str, float], report: ParityReport) -> float | None:
    """What the published model reaches of its metric; None where it is not known.

    The source's over the whole held-out part: the gate has shown that the ONNX model answers as it does. Quantising
    changes answers, so of a quantised model it is its own.
    """
    return metrics.get(config.training.metric) if config.quantization.mode == NONE else report.onnx_metric


def require_metric(
    config: ModelConfig, metrics: Mapping[str, float], report: ParityReport, at_least: float | None
) -> None:
    """ParityError where the metric does not reach `at_least`, or is not known; None asks for nothing."""
    if at_least is None:
        return
    found = reached(config, metrics, report)
    shown = "is not known" if found is None else f"is {found:.6g}"
    if found is None or not found >= at_least:
        what = f"its {config.training.metric} {shown}, and at least {at_least:.6g} is asked for: nothing was published"
        hint = "Look at its learning curve and its data; --at-least sets it."
        raise ParityError(f"model {config.name!r}", what, hint)


@dataclass(frozen=True)
class Ending:
    """What start, publish and pin need of the way that leads to them."""

    project: Project
    config: ModelConfig
    store: Store
    stages: Stages
    clock: Clock
    at_least: float | None = None
    pin: bool = True

    def publish(self, carried: Carried, adapter: Adapter, facts: Json) -> TrainResult:
        """Publishes and, where that is wanted, pins what the gate has passed and app.py, if there is one, can serve.

        ParityError otherwise, and nothing is written. PackagingError where the function cannot be packaged.

        facts: what the manifest tells besides of where the model comes from.
        """
        name = self.config.name
        candidate, report, metrics, quantization, sample = carried
        require_parity(name, report, quantized=quantization is not None)
        require_metric(self.config, metrics, report, self.at_least)
        if quantization is not None:
            facts = {**facts, "quantization": asdict(quantization)}
        check_image(f"model.toml of {name}", self.config.image, candidate.signature)
        if not candidate.parts and has_code(self.project, name):  # the gate of parts has done so
            with self.stages.stage("start"):
                check_start(self.project, self.config, candidate, sample, self.stages.progress.note)
        opset = {"framework": adapter.name, "opset": opset_of(candidate)}
        with self.stages.stage("publish"):
            published = self.store.publish(
                name,
                candidate,
                image=self.config.image,
                metrics=metrics,
                parity=_parity(report, self.config, quantized=quantization is not None),
                provenance=provenance(self.project.root, self.clock, adapter.tools, {**opset, **facts}),
            )
        if self.pin:
            with self.stages.stage("pin"):
                lock = Lock(published.manifest.version, published.manifest_sha256)
                write_lock(self.project.folder(name) / LOCK_NAME, lock)
        sizes = {file.name: file.size for file in published.manifest.files}
        return TrainResult(name, published, dict(metrics), report, dict(self.stages.seconds), sizes, quantization)


def _parity(report: ParityReport, config: ModelConfig, *, quantized: bool) -> Json:
    """The report and its tolerances for the manifest."""
    held_to = config.quantization.tolerances(report.samples) if quantized else config.parity
    return {
        "samples": report.samples,
        "largest_difference": report.largest_difference,
        "rtol": held_to.rtol,
        "atol": held_to.atol,
        **({"outliers": held_to.outliers} if quantized else {}),
        "metric": report.metric,
        "source_metric": report.source_metric,
        "onnx_metric": report.onnx_metric,
        "note": report.note,
    }
