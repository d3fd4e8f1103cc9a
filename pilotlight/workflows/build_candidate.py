"""From a fitted model to a candidate that the gate has compared: convert, quantize, optimize, verify."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pilotlight.core.modelconfig import NONE, ModelConfig
from pilotlight.core.stages import Stages
from pilotlight.optimization import optimize
from pilotlight.quantization import quantize
from pilotlight.verification.quantized import QuantizedPair, graph_bytes, verify_quantized
from pilotlight.verification.reference import measure_held_out
from pilotlight.verification.sessions import first_call
from pilotlight.workflows.source_model import SourceModel
from pilotlight.workflows.types import Built
from pilotlight_runtime.session import OpenSession


def build_candidate(
    source: SourceModel,
    config: ModelConfig,
    stages: Stages,
    folder: Path,
    open_session: OpenSession,
    *,
    known: Mapping[str, float] | None = None,
) -> Built:
    """Convert, quantise where model.toml says so, optimise and verify a model.

    Args:
        source: The fitted model.
        config: Its configuration.
        stages: Where stages are announced.
        folder: An empty folder for the files of all stages.
        open_session: Opens a graph.
        known: Metrics that are known; that of [training] is computed where it is not among them.

    Raises:
        ConversionError: The model cannot become ONNX, or cannot be quantised.
    """
    quantizes = config.quantization.mode != NONE

    with stages.stage("convert"):
        plain = candidate = source.convert(folder / "converted")

    sizes = [graph_bytes(plain)]
    if quantizes:
        with stages.stage("quantize"):
            candidate = quantize(config.name, plain, source.calibration_samples(plain), folder / "quantized")
        sizes.append(graph_bytes(candidate))  # before it is also laid out for one host

    with stages.stage("optimize"):
        candidate = optimize(candidate, folder / "optimized", open_session)

    with stages.stage("verify"):
        reference = source.reference(candidate)
        quantization = None
        if quantizes:
            report, quantization = verify_quantized(source, config, QuantizedPair(plain, candidate, *sizes), reference)
        else:
            report = source.verify(candidate, reference, config.parity)
        metric = config.training.metric
        metrics = dict(known or {})
        if metric not in metrics and not report.failures:
            metrics |= measure_held_out(reference, metric)

    sample = first_call(candidate.signature, reference.inputs)
    return Built(candidate, report, metrics, quantization, sample)
