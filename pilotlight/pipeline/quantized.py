"""The gate for a quantised model, and what quantising did to it.

The model in floating point passes the gate first, with the tolerances of [parity]: so a fault of the conversion is not
taken for what rounding costs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pilotlight.core.artifacts import Candidate, ParityReport, Quantization, Reference
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.pipeline.source import Source
from pilotlight.verification import first_call

ROUNDS: Final = 31


def verify_quantized(
    source: Source,
    config: ModelConfig,
    candidates: tuple[Candidate, Candidate],
    sizes: Sequence[int],
    reference: Reference,
) -> tuple[ParityReport, Quantization]:
    """The report on the quantised one of `candidates`, the failures of the plain one before its own, and the figures.

    candidates, sizes: plain and quantised; bytes of their graphs.
    """
    plain, candidate = candidates
    samples = max(source.judged(), config.parity.samples)
    before = source.verify(plain, reference, replace(config.parity, samples=samples))
    after = source.verify(candidate, reference, config.quantization.tolerances(samples))
    failures = (
        *(f"before quantising: {failure}" for failure in before.failures),
        *(f"quantised: {failure}" for failure in after.failures),
    )
    report = replace(after, failures=failures)
    found = Quantization(
        mode=config.quantization.mode,
        bytes_before=sizes[0],
        bytes_after=sizes[1],
        samples=after.samples,
        largest_difference=after.largest_difference,
        metric=after.metric,
        metric_before=before.onnx_metric,
        metric_after=after.onnx_metric,
    )
    if failures:
        return report, found
    sample = first_call(candidate.signature, reference.inputs)
    with source.question(plain, sample) as first, source.question(candidate, sample) as second:
        taken = in_turn(first, second)
    return report, replace(found, run_ms_before=taken[0], run_ms_after=taken[1])


def in_turn(
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
