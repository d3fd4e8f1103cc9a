"""The gate for a quantised model, and what quantising did to it.

The model in floating point passes the gate first, with the tolerances of [parity]: so a fault of the conversion is not
taken for what rounding costs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Quantization, Reference
from pilotlight.core.modelconfig import ModelConfig, ParityConfig
from pilotlight.verification.sessions import first_call

ROUNDS: Final = 31


class QuantizedPair(NamedTuple):
    """A model before and after quantising, and the bytes of its graphs."""

    plain: Candidate
    quantized: Candidate
    plain_bytes: int
    quantized_bytes: int


class Verifier(Protocol):
    """What the gate for a quantised model asks of the source model."""

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        """Run the gate with these tolerances."""

    def quantization_samples(self) -> int:
        """Return how many held-out samples measure what quantising costs."""

    def ask(self, candidate: Candidate, sample: Named) -> AbstractContextManager[Callable[[], object]]:
        """Return a function that asks `candidate` once about `sample`, each time it is called."""


def verify_quantized(
    source: Verifier, config: ModelConfig, pair: QuantizedPair, reference: Reference
) -> tuple[ParityReport, Quantization]:
    """Verify a quantised model, after the model in floating point.

    Returns:
        The report on the quantised model, with the failures of the plain one first; and what quantising changed.
    """
    samples = max(source.quantization_samples(), config.parity.samples)
    before = source.verify(pair.plain, reference, replace(config.parity, samples=samples))
    after = source.verify(pair.quantized, reference, config.quantization.tolerances(samples))
    failures = (
        *(f"before quantising: {failure}" for failure in before.failures),
        *(f"quantised: {failure}" for failure in after.failures),
    )
    report = replace(after, failures=failures)
    found = Quantization(
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
    sample = first_call(pair.quantized.signature, reference.inputs)
    with source.ask(pair.plain, sample) as first, source.ask(pair.quantized, sample) as second:
        taken = time_in_turn(first, second)
    return report, replace(found, run_ms_before=taken[0], run_ms_after=taken[1])


def time_in_turn(
    first: Callable[[], object], second: Callable[[], object], timer: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """Milliseconds of a call of each, the median of ROUNDS, in turn, so that both meet the same noise."""
    calls: tuple[tuple[Callable[[], object], list[float]], ...] = ((first, []), (second, []))
    for _ in range(ROUNDS):
        for call, seconds in calls:
            call()  # the other has just had the caches
            start = timer()
            call()
            seconds.append(timer() - start)
    before, after = (round(statistics.median(seconds) * 1000, 4) for _, seconds in calls)
    return before, after


def graph_bytes(candidate: Candidate) -> int:
    """Bytes of every graph with its weights, as they lie in their folders."""
    if candidate.parts:
        return sum(graph_bytes(part) for part in candidate.parts.values())
    return sum(file.stat().st_size for file in candidate.folder.rglob("*") if file.is_file())
