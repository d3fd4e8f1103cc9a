"""The metric of a published model."""

from __future__ import annotations

from collections.abc import Mapping

from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.reports import ParityReport


def find_published_metric(config: ModelConfig, metrics: Mapping[str, float], report: ParityReport) -> float | None:
    """Return the metric that the published model reaches.

    It is the metric of the source model on the whole held-out part, since the gate has shown that the ONNX model
    returns the same. Quantization changes outputs, so a quantized model has its own metric.

    Args:
        config: The configuration of the model.
        metrics: The metrics of the source model by name.
        report: The report of the gate.

    Returns:
        The metric; None where it is not known.
    """
    return metrics.get(config.training.metric) if config.quantization.mode == NONE else report.onnx_metric
