"""The end of each workflow that makes a version: start, publish and pin, or an error that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from pilotlight.conversion import Adapter, read_opset
from pilotlight.core.errors import ParityError
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.core.stages import Stages
from pilotlight.workflows.context import Context
from pilotlight.workflows.preconditions import check_image
from pilotlight.workflows.provenance import describe_origin
from pilotlight.workflows.published_metric import find_metric_name, find_published_metric, orient_metric, reaches
from pilotlight.workflows.smoke_test import has_app, smoke_test
from pilotlight.workflows.types import BuiltCandidate, Publication, TrainResult
from pilotlight_runtime.manifest import Json

_HEADLINES: Final = {
    Cause.DIFFERS: "the outputs of the ONNX model differ from those of its source",
    Cause.FAILED: "the ONNX model cannot be run on the held-out samples",
    Cause.MISSHAPEN: "its outputs have another shape than [signature] in model.toml",
    Cause.UNMEASURED: "its metric cannot be computed",
}
_HINTS: Final = {
    Cause.DIFFERS: "Check the conversion; [parity] in model.toml holds the tolerances.",
    Cause.FAILED: "Check the held-out samples, and the inputs in [signature].",
    Cause.MISSHAPEN: "Correct the shape in [signature], or the model.",
    Cause.UNMEASURED: 'Set training.metric in model.toml: "auto" chooses one that fits, "" is none.',
}


def require_parity(name: str, report: ParityReport, *, quantized: bool = False) -> None:
    """Raise ParityError where the gate found failures.

    Args:
        name: The model.
        report: The report of the gate.
        quantized: Whether the model is quantized, for the hint.

    Raises:
        ParityError: There are failures. The message says which kind they are, and lists them, one a line.
    """
    if not report.failures:
        return
    cause = report.cause or Cause.DIFFERS
    hint = _HINTS[cause]
    if quantized and cause is Cause.DIFFERS:
        hint += ' [quantization] holds those of the quantized model, and mode = "none" turns it off.'
    failures = "".join(f"\n  - {failure}" for failure in report.failures)
    raise ParityError(f"model {name!r}", f"{_HEADLINES[cause]}, so nothing was published:{failures}", hint)


def require_metric(
    config: ModelConfig, metrics: Mapping[str, float], report: ParityReport, at_least: float | None
) -> None:
    """Raise ParityError where the metric is too bad.

    Args:
        config: The configuration of the model.
        metrics: The metrics of the source model by name.
        report: The report of the gate.
        at_least: The worst metric to publish; None publishes any.

    Raises:
        ParityError: The metric is worse, or not known.
    """
    if at_least is None:
        return
    name = find_metric_name(config, metrics, report)
    found = find_published_metric(config, metrics, report)
    shown = "is not known" if found is None else f"is {found:.6g}"
    if found is None or not reaches(name, found, at_least):
        lower = orient_metric(name, 1.0) < 0
        limit = f"at most {abs(at_least):.6g}" if lower else f"at least {at_least:.6g}"
        what = f"its {name or 'metric'} {shown}, but {limit} is required, so nothing was published"
        hint = "Check its learning curve and its data. --at-least sets the requirement."
        raise ParityError(f"model {config.name!r}", what, hint)


def publish(
    built: BuiltCandidate, adapter: Adapter, publication: Publication, context: Context, stages: Stages
) -> TrainResult:
    """Publish and pin a candidate that the gate has passed and that its app.py can serve.

    Args:
        built: The candidate and the report of the gate.
        adapter: The adapter of the model's framework.
        publication: How it is published.
        context: The project and its store.
        stages: Where stages are announced.

    Returns:
        The published version.

    Raises:
        ParityError: The gate rejected the model, its metric is too low, or app.py cannot serve it. Nothing is written.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be written.
    """
    config, project = publication.config, context.project
    candidate, report, metrics, quantization, sample, ranges = built
    require_parity(config.name, report, quantized=quantization is not None)
    require_metric(config, metrics, report, publication.at_least)
    check_image(f"model.toml of {config.name}", config.image, candidate.signature)

    if not candidate.parts and has_app(project, config.name):  # the gate has started a function of several graphs
        with stages.stage("start"):
            smoke_test(project, config, candidate, sample, stages.progress.note)

    facts: Json = {"framework": adapter.name, "opset": read_opset(candidate), **publication.facts}
    if quantization is not None:
        facts = {**facts, "quantization": asdict(quantization)}
    with stages.stage("publish"):
        published = context.store.publish(
            config.name,
            candidate,
            image=config.image,
            metrics=metrics,
            parity=describe_parity(report, config, quantized=quantization is not None),
            provenance=describe_origin(project.root, context.clock, adapter.tools, facts),
            ranges=ranges,
            stream=config.stream,
        )

    if publication.pin:
        with stages.stage("pin"):
            lock = Lock(published.manifest.version, published.manifest_sha256)
            write_lock(project.folder(config.name) / LOCK_NAME, lock)

    sizes = {file.name: file.size for file in published.manifest.files}
    return TrainResult(config.name, published, dict(metrics), report, dict(stages.seconds), sizes, quantization)


def describe_parity(report: ParityReport, config: ModelConfig, *, quantized: bool) -> Json:
    """Return the report of the gate and its tolerances for the manifest.

    Args:
        report: The report of the gate.
        config: The configuration of the model.
        quantized: Whether the model is quantized.
    """
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
        **report.details,
    }
