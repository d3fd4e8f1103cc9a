"""The gate: what the ONNX model answers is compared with what its source answers.

It reports, and the caller decides: a mismatch is no exception, and a report without failures is a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, Named, ParityReport, Reference
from pilotlight.core.modelconfig import ParityConfig
from pilotlight.verification.compare import Comparison, compare
from pilotlight.verification.metrics import METRICS
from pilotlight_runtime.signature import Signature

BATCH: Final = 64
"""Samples a call."""
LEAST: Final = 128
"""Fewer samples than this are compared only where no more exist, and the report says so."""
SINGLES: Final = 4
"""So many samples are also asked one by one: an answer may depend on its neighbours or on padding, and a graph may
hold a batch size that only batches of that size survive."""

Answer = Callable[[Named], Named]
"""Gives the outputs by name for inputs by name; raises NoAnswer where it cannot."""


class NoAnswer(Exception):
    """The model or the function refused or failed; the message says how."""


class Calls(NamedTuple):
    """How a model is asked.

    Attributes:
        size: Samples a call.
        samples: The number of samples, where it is not the usual number.
        singles: Whether some samples are also asked one by one.
    """

    size: int = BATCH
    samples: int | None = None
    singles: bool = True


def compare_answers(
    answer: Answer,
    reference: Reference,
    signature: Signature,
    config: ParityConfig,
    metric: str,
    *,
    calls: Calls = Calls(),  # noqa: B008  (immutable)
    known: Sequence[str] = (),
) -> ParityReport:
    """Compare `answer` with the source on held-out samples, and then by `metric`.

    Args:
        answer: The converted model.
        reference: The source model and held-out samples.
        signature: What the converted model declares.
        config: The tolerances.
        metric: The name of a metric; "" for none.
        calls: How `answer` is asked.
        known: Failures that are known already.

    Returns:
        The report on the first max(config.samples, LEAST) samples.
    """
    count = calls.samples if calls.samples is not None else wanted_samples(reference, config)
    failures = list(known)
    try:
        inputs = rows(reference.inputs, slice(0, count))
        parts = [answer(rows(inputs, slice(start, start + calls.size))) for start in range(0, count, calls.size)]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        failures += undeclared_outputs(signature, found, batched=True)
        expected = reference.predict(inputs)
        asked_singly = answer if calls.singles else None
        result = _compare_all(asked_singly, replace(reference, inputs=inputs), (expected, found), signature, config)
    except (NoAnswer, ValueError) as error:
        return ParityReport(count, None, failures=(*failures, str(error)))
    note = "" if count >= LEAST else f"only {count} samples are held out; {LEAST} are wanted"
    report = ParityReport(count, result.largest, failures=(*failures, *result.failures), note=note)
    return compare_metric(report, metric, reference.labels, (expected, found), config)


def wanted_samples(reference: Reference, config: ParityConfig) -> int:
    """Return how many samples are compared: max(config.samples, LEAST), or all where there are fewer."""
    return min(len(next(iter(reference.inputs.values()))), max(config.samples, LEAST))


def rows(arrays: Named, part: slice) -> dict[str, Array]:
    """Return `part` of each array along the first axis."""
    return {name: array[part] for name, array in arrays.items()}


def undeclared_outputs(signature: Signature, found: Named, *, batched: bool) -> list[str]:
    """Describe outputs whose shape differs from the signature's.

    Args:
        signature: What callers are told.
        found: The outputs.
        batched: Whether several calls were put together along the first axis.
    """
    failures = []
    for spec in signature.outputs:
        declared = spec._replace(shape=(-1, *spec.shape[1:])) if batched and spec.shape else spec
        if spec.name in found and not declared.accepts(found[spec.name].shape):
            shape = list(found[spec.name].shape)
            failures.append(f"output {spec.name}: shape is {shape}, the signature says {list(spec.shape)}")
    return failures


def compare_metric(
    report: ParityReport, metric: str, labels: Array | None, answers: tuple[Named, Named], config: ParityConfig
) -> ParityReport:
    """Add `metric` of both models' answers, the source's first, and a failure where it falls too far."""
    if not metric:
        return report
    if labels is None:
        missing = f"{metric} was not compared: there are no labels that it takes"
        return replace(report, note="; ".join(filter(None, (report.note, missing))))
    try:
        source, onnx = (METRICS[metric](outputs, labels[: report.samples]) for outputs in answers)
    except ValueError as error:
        return replace(report, metric=metric, failures=(*report.failures, str(error)))
    failures = list(report.failures)
    if source - onnx > config.metric_drop + METRICS[metric].rounding:
        failures.append(f"{metric} falls from {source:.6f} to {onnx:.6f}, by more than {config.metric_drop:g}")
    return replace(report, metric=metric, source_metric=source, onnx_metric=onnx, failures=tuple(failures))


def merge_reports(report: ParityReport, portable: ParityReport, failures: Sequence[str]) -> ParityReport:
    """Return `report` with these failures and the larger difference of both."""
    differences = [each.largest_difference for each in (report, portable) if each.largest_difference is not None]
    return replace(report, failures=tuple(failures), largest_difference=max(differences, default=None))


def _compare_all(
    answer: Answer | None,
    reference: Reference,
    answers: tuple[Named, Named],
    signature: Signature,
    config: ParityConfig,
) -> Comparison:
    """Compare all samples at once and, where they agree and `answer` is given, some of them one by one."""
    expected, found = answers
    settle = reference.settle or _as_expected
    whole = compare(settle(expected, found), found, signature, config)
    if whole.failures or answer is None:
        return whole
    failures, largest = list(whole.failures), whole.largest
    for index in range(min(SINGLES, len(next(iter(reference.inputs.values()))))):
        one = slice(index, index + 1)
        single = answer(rows(reference.inputs, one))
        wanted, among = rows(expected, one), rows(found, one)
        if compare(settle(wanted, among), among, signature, config).failures:
            continue  # an outlier, which is counted above
        result = compare(settle(wanted, single), single, signature, config, f"sample {index} alone: ")
        failures += result.failures
        largest = max(largest, result.largest)
    return Comparison(failures, largest)


def _as_expected(expected: Named, _found: Named) -> Named:
    return expected
