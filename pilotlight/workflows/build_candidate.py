"""Builds a verified candidate from a fitted model: convert, quantize, optimize, verify."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pilotlight.conversion.input_ranges import find_input_ranges
from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.stages import Stages
from pilotlight.optimization import optimize
from pilotlight.quantization import quantize
from pilotlight.verification.quantized import QuantizedPair, count_graph_bytes, verify_quantized
from pilotlight.verification.reference import measure_held_out
from pilotlight.verification.sessions import take_first_samples
from pilotlight.workflows.source_model import SourceModel
from pilotlight.workflows.types import BuiltCandidate
from pilotlight_runtime.session import OpenSession


def build_candidate(
    source: SourceModel,
    config: ModelConfig,
    stages: Stages,
    folder: Path,
    open_session: OpenSession,
    *,
    known: Mapping[str, float] | None = None,
) -> BuiltCandidate:
    """Convert a model, quantize it where model.toml says so, optimize it and verify it.

    Args:
        source: The fitted model.
        config: Its configuration.
        stages: Where stages are announced.
        folder: An empty folder for the files of all stages.
        open_session: Opens a graph.
        known: Metrics that are known. The metric of [training] is computed where it is missing.

    Returns:
        The candidate and the report of the gate, which may reject it.

    Raises:
        ConversionError: The model cannot be converted to ONNX, or cannot be quantized.
    """
    quantizes = config.quantization.mode != NONE
    with stages.stage("convert"):
        plain = candidate = source.convert(folder / "converted")

    sizes = [count_graph_bytes(plain)]
    if quantizes:
        with stages.stage("quantize"):
            candidate = quantize(config.name, plain, source.select_calibration_samples(plain), folder / "quantized")
        sizes.append(count_graph_bytes(candidate))  # before the optimizer adds a graph for one host

    with stages.stage("optimize"):
        candidate = optimize(candidate, folder / "optimized", open_session)

    with stages.stage("verify"):
        reference = source.make_reference(candidate)
        quantization = None
        if quantizes:
            report, quantization = verify_quantized(source, config, QuantizedPair(plain, candidate, *sizes), reference)
        else:
            report = source.verify(candidate, reference, config.parity)
        metrics = dict(known or {})
        if reference.metric not in metrics and not report.failures:
            metrics |= measure_held_out(reference, reference.metric)
    sample = take_first_samples(candidate.signature, reference.inputs)
    ranges = find_input_ranges(candidate, reference.inputs)
    return BuiltCandidate(candidate, report, metrics, quantization, sample, ranges)
