"""The gate for a quantized model, and the effect of quantization.

The model in floating point passes the gate first, with the tolerances of [parity]. So a defect of the conversion is not
mistaken for the effect of rounding.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from pilotlight.core.artifacts import Candidate, NamedArrays, Reference
from pilotlight.core.model_config import ModelConfig, ParityConfig
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight.verification.sessions import take_first_samples

ROUNDS: Final = 31


class QuantizedPair(NamedTuple):
    """A model before and after quantization.

    Attributes:
        plain: The model in floating point.
        quantized: The quantized model.
        plain_bytes: The bytes of the graphs before quantization.
        quantized_bytes: The bytes of the graphs after quantization.
    """

    plain: Candidate
    quantized: Candidate
    plain_bytes: int
    quantized_bytes: int


class Verifier(Protocol):
    """The methods of a source model that the gate for a quantized model needs."""

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        """Verify a candidate with these tolerances."""

    def count_quantization_samples(self) -> int:
        """Return the number of held-out samples that measure the effect of quantization."""

    def open_caller(self, candidate: Candidate, sample: NamedArrays) -> AbstractContextManager[Callable[[], object]]:
        """Return a function that sends `sample` to `candidate` each time it is called."""


def verify_quantized(
    source: Verifier, config: ModelConfig, pair: QuantizedPair, reference: Reference
) -> tuple[ParityReport, QuantizationReport]:
    """Verify a quantized model, after the model in floating point.

    Args:
        source: The source model.
        config: The configuration of the model.
        pair: The model before and after quantization.
        reference: The source model and held-out samples.

    Returns:
        The report on the quantized model, with the failures of the plain model first; and the effect of quantization.
    """
    samples = max(source.count_quantization_samples(), config.parity.samples)
    before = source.verify(pair.plain, reference, replace(config.parity, samples=samples))
    after = source.verify(pair.quantized, reference, config.quantization.tolerances(samples))
    failures = (
        *(f"before quantization: {failure}" for failure in before.failures),
        *(f"quantized: {failure}" for failure in after.failures),
    )
    report = replace(after, failures=failures, cause=max(before.cause, after.cause))
    found = QuantizationReport(
        mode=config.quantization.mode,
        bytes_before=pair.plain_bytes,
        bytes_after=pair.quantized_bytes,
        samples=after.samples,
        largest_difference=after.largest_difference,
        metric=after.metric,
        metric_before=before.onnx_metric,
        metric_after=after.onnx_metric,
    )
    if failures:
        return report, found
    sample = take_first_samples(pair.quantized.signature, reference.inputs)
    with source.open_caller(pair.plain, sample) as first, source.open_caller(pair.quantized, sample) as second:
        taken = time_alternately(first, second)
    return report, replace(found, run_ms_before=taken[0], run_ms_after=taken[1])


def time_alternately(
    first: Callable[[], object], second: Callable[[], object], timer: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """Time two functions alternately, so that noise affects both alike.

    Args:
        first: The first function.
        second: The second function.
        timer: Seconds on any scale that only grows.

    Returns:
        The median milliseconds of one call of each.
    """
    calls: tuple[tuple[Callable[[], object], list[float]], ...] = ((first, []), (second, []))
    for _ in range(ROUNDS):
        for call, seconds in calls:
            call()  # the other function has just filled the caches
            start = timer()
            call()
            seconds.append(timer() - start)
    before, after = (round(statistics.median(seconds) * 1000, 4) for _, seconds in calls)
    return before, after


def count_graph_bytes(candidate: Candidate) -> int:
    """Return the bytes of every graph with its weights, as they are in their folders."""
    if candidate.parts:
        return sum(count_graph_bytes(part) for part in candidate.parts.values())
    return sum(file.stat().st_size for file in candidate.folder.rglob("*") if file.is_file())
