"""The results of verification and quantization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Cause(IntEnum):
    """Why the gate rejected a candidate, the graver the higher."""

    NONE = 0
    """It did not."""
    UNMEASURED = 1
    """The metric cannot be computed."""
    MISSHAPEN = 2
    """Outputs have another shape than the signature."""
    FAILED = 3
    """The model cannot be opened, or rejected the samples."""
    DIFFERS = 4
    """Its outputs or its metric differ from those of the source."""


@dataclass(frozen=True)
class ParityReport:
    """The result of the gate.

    Attributes:
        samples: The number of compared samples.
        largest_difference: The largest absolute difference over all outputs; None where nothing was compared.
        metric: The name of the compared metric; "" where there is none.
        source_metric: The metric of the source model; None where there are no labels or there is no source.
        onnx_metric: The metric of the ONNX model; None where `source_metric` is None.
        failures: Every reason to reject the candidate; empty where it passed.
        note: What was not checked, and why; "" where everything was checked.
        cause: The gravest kind of failure.
        details: What the gate found beyond that, for the manifest.
    """

    samples: int
    largest_difference: float | None
    metric: str = ""
    source_metric: float | None = None
    onnx_metric: float | None = None
    failures: tuple[str, ...] = ()
    note: str = ""
    cause: Cause = Cause.NONE
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class QuantizationReport:
    """The effect of quantization on a model, measured on held-out samples.

    Attributes:
        mode: The mode of quantization: dynamic or static.
        bytes_before: The size in bytes of the graphs with their weights, before quantization.
        bytes_after: Their size in bytes after quantization.
        samples: The number of held-out samples that measured both models.
        largest_difference: The largest absolute difference between the quantized model and the source.
        metric: The name of the metric; "" where there is none.
        metric_before: The metric of the ONNX model in floating point.
        metric_after: The metric of the quantized ONNX model.
        run_ms_before: The median duration in milliseconds of one call before quantization, with the smallest number of
            samples that the model takes; None where the gate rejected the model.
        run_ms_after: The same after quantization. Both are measured alternately in one process.
    """

    mode: str
    bytes_before: int
    bytes_after: int
    samples: int
    largest_difference: float | None
    metric: str = ""
    metric_before: float | None = None
    metric_after: float | None = None
    run_ms_before: float | None = None
    run_ms_after: float | None = None
