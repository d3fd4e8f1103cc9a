"""Compares the outputs of the ONNX model with those of its source, on held-out samples.

It reports and the caller decides. A difference raises no exception, and a report without failures is a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays, Reference
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.verification.compare_arrays import Comparison, compare_arrays
from pilotlight.verification.metrics import METRICS, list_computable
from pilotlight.verification.reference import select_measured
from pilotlight_runtime.signature import Signature

BATCH_SIZE: Final = 64
"""The number of samples in one call."""
MIN_SAMPLES: Final = 128
"""The smallest number of compared samples. Where fewer exist, all are compared and the report says so."""
SINGLE_SAMPLES: Final = 4
"""The number of samples that are also sent one by one. An output may depend on the other samples of the batch or on
padding, and a graph may work only with the batch size that it was traced with."""

PredictFunction = Callable[[NamedArrays], NamedArrays]
"""Returns the outputs by name for inputs by name; raises PredictionFailed where it cannot."""


class PredictionFailed(Exception):
    """The model or the function rejected the inputs or failed. The message says how."""


class CallPlan(NamedTuple):
    """How the samples are sent to a model.

    Attributes:
        size: The number of samples in one call.
        samples: The number of samples; None for the usual number.
        singles: Whether some samples are also sent one by one.
    """

    size: int = BATCH_SIZE
    samples: int | None = None
    singles: bool = True


def compare_outputs(
    predict: PredictFunction,
    reference: Reference,
    signature: Signature,
    config: ParityConfig,
    metric: str,
    *,
    calls: CallPlan = CallPlan(),  # noqa: B008  (immutable)
    known: Sequence[str] = (),
) -> ParityReport:
    """Compare a converted model with its source on held-out samples, and then by a metric.

    Args:
        predict: The converted model.
        reference: The source model and held-out samples.
        signature: The signature that the converted model declares.
        config: The tolerances.
        metric: The name of a metric; "" for none.
        calls: How the samples are sent to `predict`.
        known: Failures that are already known.

    Returns:
        The report on the first max(config.samples, MIN_SAMPLES) samples.
    """
    count = calls.samples if calls.samples is not None else count_samples(reference, config)
    failures = list(known)
    cause = Cause.FAILED if failures else Cause.NONE
    try:
        inputs = slice_arrays(reference.inputs, slice(0, count))
        parts = [
            predict(slice_arrays(inputs, slice(start, start + calls.size))) for start in range(0, count, calls.size)
        ]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        misshapen = check_output_shapes(signature, found, batched=True)
        failures += misshapen
        cause = max(cause, Cause.MISSHAPEN) if misshapen else cause
        expected = reference.predict(inputs)
        _check_answers(expected)
        predict_singly = predict if calls.singles else None
        result = _compare_all(predict_singly, replace(reference, inputs=inputs), (expected, found), signature, config)
    except (PredictionFailed, ValueError) as error:
        return ParityReport(count, None, failures=(*failures, str(error)), cause=Cause.FAILED)
    note = "" if count >= MIN_SAMPLES else f"only {count} samples are held out; {MIN_SAMPLES} are wanted"
    cause = Cause.DIFFERS if result.failures and cause is not Cause.MISSHAPEN else cause
    report = ParityReport(count, result.largest, failures=(*failures, *result.failures), note=note, cause=cause)
    measured = (select_measured(expected, reference), select_measured(found, reference))
    return compare_metric(report, replace(reference, metric=metric), measured, config)


def count_samples(reference: Reference, config: ParityConfig) -> int:
    """Return the number of samples to compare.

    Args:
        reference: The source model and held-out samples.
        config: The tolerances, with the configured number of samples.

    Returns:
        max(config.samples, MIN_SAMPLES), or the number of all samples where there are fewer.
    """
    return min(len(next(iter(reference.inputs.values()))), max(config.samples, MIN_SAMPLES))


def slice_arrays(arrays: NamedArrays, part: slice) -> dict[str, Array]:
    """Return a slice of each array.

    Args:
        arrays: The arrays by name.
        part: The slice along the first axis.
    """
    return {name: array[part] for name, array in arrays.items()}


def check_output_shapes(signature: Signature, found: NamedArrays, *, batched: bool) -> list[str]:
    """Return a failure for each output whose shape differs from the signature.

    Args:
        signature: The signature that callers see.
        found: The outputs by name.
        batched: Whether several calls were concatenated along the first axis.
    """
    failures = []
    for spec in signature.outputs:
        declared = spec._replace(shape=(-1, *spec.shape[1:])) if batched and spec.shape else spec
        if spec.name in found and not declared.accepts(found[spec.name].shape):
            shape = list(found[spec.name].shape)
            failures.append(f"output {spec.name}: shape is {shape}, the signature says {list(spec.shape)}")
    return failures


def compare_metric(
    report: ParityReport, reference: Reference, both_outputs: tuple[NamedArrays, NamedArrays], config: ParityConfig
) -> ParityReport:
    """Compare a metric of both models.

    Args:
        report: The report so far.
        reference: The metric with its labels. Without a metric the report stays as it is.
        both_outputs: The measured outputs of the source, and those of the ONNX model.
        config: The tolerances.

    Returns:
        The report with both metrics, and with a failure where the metric becomes too much worse or cannot be computed.
    """
    name, labels = reference.metric, reference.labels
    if not name:
        return report
    if labels is None:
        missing = f"{name} was not compared: there are no labels that it takes"
        return replace(report, note="; ".join(filter(None, (report.note, missing))))
    labels, metric = labels[: report.samples], METRICS[name]
    try:
        source, onnx = (metric(outputs, labels) for outputs in both_outputs)
    except ValueError as error:
        return _leave_out_metric(report, reference, both_outputs[0], str(error))
    failures, cause = list(report.failures), report.cause
    slack = metric.rounding
    if metric.has_unit:
        slack += config.atol + config.rtol * float(np.mean(np.abs(labels)))
    if metric.orient(source) - metric.orient(onnx) > config.metric_drop + slack:
        verb = "falls" if metric.higher_is_better else "rises"
        failures.append(f"{name} {verb} from {source:.6f} to {onnx:.6f}, by more than {config.metric_drop:g}")
        cause = Cause.DIFFERS
    return replace(report, metric=name, source_metric=source, onnx_metric=onnx, failures=tuple(failures), cause=cause)


def _leave_out_metric(report: ParityReport, reference: Reference, outputs: NamedArrays, problem: str) -> ParityReport:
    """Return a report that says why the metric cannot be computed; a failure where model.toml names the metric."""
    if reference.chosen:
        note = f"{reference.metric} was not compared: {problem}"
        return replace(report, note="; ".join(filter(None, (report.note, note))))
    known = list_computable(outputs, reference.labels[: report.samples]) if reference.labels is not None else []
    others = f"{' or '.join(known)} can be computed" if known else "no other metric can be computed"
    return replace(
        report,
        metric=reference.metric,
        failures=(*report.failures, f"{problem}; {others}"),
        cause=max(report.cause, Cause.UNMEASURED),
    )


def merge_reports(report: ParityReport, portable: ParityReport, failures: Sequence[str]) -> ParityReport:
    """Merge the reports on two graphs of one candidate.

    Args:
        report: The report on the graph that this host opens.
        portable: The report on the portable graph.
        failures: The failures of both.

    Returns:
        `report` with these failures and with the larger difference.
    """
    differences = [each.largest_difference for each in (report, portable) if each.largest_difference is not None]
    cause = max(report.cause, portable.cause)
    return replace(report, failures=tuple(failures), largest_difference=max(differences, default=None), cause=cause)


def _compare_all(
    predict: PredictFunction | None,
    reference: Reference,
    both_outputs: tuple[NamedArrays, NamedArrays],
    signature: Signature,
    config: ParityConfig,
) -> Comparison:
    """Compare all samples at once and, where they agree and `predict` is given, some of them one by one."""
    expected, found = both_outputs
    resolve_ties = reference.resolve_ties or _keep_expected
    whole = compare_arrays(resolve_ties(expected, found), found, signature, config)
    if whole.failures or predict is None:
        return whole
    failures, largest = list(whole.failures), whole.largest
    for index in range(min(SINGLE_SAMPLES, len(next(iter(reference.inputs.values()))))):
        one = slice(index, index + 1)
        single = predict(slice_arrays(reference.inputs, one))
        wanted, among = slice_arrays(expected, one), slice_arrays(found, one)
        if compare_arrays(resolve_ties(wanted, among), among, signature, config).failures:
            continue  # an outlier, which the comparison above has counted
        result = compare_arrays(resolve_ties(wanted, single), single, signature, config, f"sample {index} alone: ")
        failures += result.failures
        largest = max(largest, result.largest)
    return Comparison(failures, largest)


def _check_answers(expected: NamedArrays) -> None:
    """Raise PredictionFailed where the source answers nothing but NaN: such a model is broken, and NaN equals NaN."""
    for name, array in expected.items():
        if array.dtype.kind == "f" and array.size and np.isnan(array).all():
            raise PredictionFailed(f"output {name}: the source model answers NaN for every sample; correct the model")


def _keep_expected(expected: NamedArrays, _found: NamedArrays) -> NamedArrays:
    return expected
