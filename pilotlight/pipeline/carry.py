"""From a fitted model to a candidate that the gate has seen: the stages that training and converting share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Quantization
from pilotlight.core.modelconfig import NONE, ModelConfig
from pilotlight.optimization import optimize
from pilotlight.pipeline.quantized import graph_bytes, verify_quantized
from pilotlight.pipeline.reference import held_out_metrics
from pilotlight.pipeline.source import Source
from pilotlight.pipeline.stages import Stages
from pilotlight.quantization import quantize
from pilotlight.verification import first_call
from pilotlight_runtime.session import OpenSession


class Carried(NamedTuple):
    """A candidate and what the gate says of it.

    metrics: of the source on the held-out part. sample: the inputs of one call, None where nobody has given any.
    """

    candidate: Candidate
    report: ParityReport
    metrics: Mapping[str, float]
    quantization: Quantization | None
    sample: Named | None = None


def carry(  # noqa: PLR0913  (what the stages need)
    source: Source,
    config: ModelConfig,
    stages: Stages,
    folder: Path,
    open_session: OpenSession,
    *,
    measured: Mapping[str, float] | None = None,
) -> Carried:
    """Converts, quantises where model.toml says so, optimises and verifies `source` in the folder `folder`.

    measured: metrics that are known; that of [training] is computed where it is not among them.
    """
    with stages.stage("convert"):
        plain = candidate = source.convert(folder / "converted")
    sizes = [graph_bytes(plain)]
    if config.quantization.mode != NONE:
        with stages.stage("quantize"):
            candidate = quantize(config.name, plain, source.calibration(plain), folder / "quantized")
        sizes.append(graph_bytes(candidate))  # before it is laid out for one host besides
    with stages.stage("optimize"):
        candidate = optimize(candidate, folder / "optimized", open_session)
    with stages.stage("verify"):
        reference = source.reference(candidate)
        quantization = None
        if config.quantization.mode == NONE:
            report = source.verify(candidate, reference, config.parity)
        else:
            report, quantization = verify_quantized(source, config, (plain, candidate), sizes, reference)
        metric = config.training.metric
        metrics = dict(measured or {})
        if metric not in metrics and not report.failures:
            metrics |= held_out_metrics(reference, metric)
    sample = first_call(candidate.signature, reference.inputs)
    return Carried(candidate, report, metrics, quantization, sample)
