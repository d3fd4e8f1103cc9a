"""The metric of a published model."""

from __future__ import annotations

from collections.abc import Mapping

from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.reports import ParityReport
from pilotlight.verification.metrics import AUTO, METRICS


def find_metric_name(config: ModelConfig, metrics: Mapping[str, float], report: ParityReport) -> str:
    """Return the name of the metric that a published model is judged by.

    Args:
        config: The configuration of the model.
        metrics: The metrics of the source model by name.
        report: The report of the gate.

    Returns:
        The metric of model.toml. Where that is "auto", the one that the gate chose; where it could choose none, the
        first known metric that was measured in training; "" for none.
    """
    if config.training.metric != AUTO:
        return config.training.metric
    return report.metric or next((name for name in METRICS if name in metrics), "")


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
    return (
        metrics.get(find_metric_name(config, metrics, report))
        if config.quantization.mode == NONE
        else report.onnx_metric
    )


def compute_floor(name: str, value: float, drop: float) -> float:
    """Return the metric that the next version must reach.

    Args:
        name: The metric.
        value: What this version reaches.
        drop: How much worse the next version may be.

    Returns:
        A number on the scale of `orient_metric`.
    """
    return round(orient_metric(name, value) - drop, 9)


def orient_metric(name: str, value: float) -> float:
    """Return a number that is higher for a better model: the metric, or its negative where lower is better."""
    metric = METRICS.get(name)
    return value if metric is None else metric.orient(value)


def reaches(name: str, value: float, required: float) -> bool:
    """Return whether a metric is at least as good as the required one.

    A metric where lower is better is never negative, and a floor of it is its negative. So the sign of a requirement
    says nothing, and `--at-least 0.5` means at most 0.5.
    """
    if orient_metric(name, 1.0) < 0:
        return value <= abs(required)
    return value >= required
