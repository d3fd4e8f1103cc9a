"""What verification and quantization found about a candidate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParityReport:
    """What the gate saw. failures: every reason to refuse, empty where the candidate passed.

    samples: how many were compared. largest_difference: the largest absolute one over all outputs. metric: its name, ""
    where there is none. source_metric, onnx_metric: None where there are no labels or no source. note: what was not
    checked and why, else "".
    """

    samples: int
    largest_difference: float | None
    metric: str = ""
    source_metric: float | None = None
    onnx_metric: float | None = None
    failures: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class QuantizationReport:
    """What quantising did to a model, by the gate's samples.

    mode: how. bytes_before, bytes_after: of the graphs with their weights, as converted and as quantised. samples: how
    many both were judged by. largest_difference: from the source, as the gate's. metric: its name, "" where there is
    none. metric_before, metric_after: of the ONNX model in floating point and quantised. run_ms_before, run_ms_after:
    of one call with as few samples as it takes, the median, both in turn in one process; None where the gate has
    refused.
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
