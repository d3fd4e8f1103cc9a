"""The gate. It reports, the caller decides: a mismatch is no exception, a report without failures is a pass."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

from pilotlight.core.artifacts import Array, Candidate, Named, ParityReport, Reference
from pilotlight.core.modelconfig import ParityConfig
from pilotlight.verification.compare import Comparison, compare
from pilotlight.verification.metrics import METRICS
from pilotlight.verification.running import run_batched, run_once, whole_batches
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.graph_loading import check_signature
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.signature import Signature

LEAST: Final = 128
"""Fewer samples than this are compared only where no more exist, and the report says so."""
SINGLES: Final = 4
"""So many samples are run one by one besides: a graph may hold a batch size that only batches of that size survive."""


def verify(
    candidate: Candidate, reference: Reference | None, config: ParityConfig, metric: str, open_session: OpenSession
) -> ParityReport:
    """Compares `candidate`, run by `open_session`, with its source on held-out samples, and then by `metric` ("" none).

    The samples are the first max(config.samples, 128) of the reference, in batches and some one by one.
    """
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        return ParityReport(0, None, failures=(str(error),))
    failures = _signature(candidate, session)
    if reference is None:
        note = "not compared with a source: no reference samples were given"
        return ParityReport(0, None, failures=tuple(failures), note=note)
    count = min(len(next(iter(reference.inputs.values()))), max(config.samples, LEAST))
    try:
        size, count = whole_batches(session.signature, count)
        inputs = {name: array[:count] for name, array in reference.inputs.items()}
        found = run_batched(session, inputs, size)
        failures += undeclared(candidate.signature, found, batched=True)
        expected = reference.predict(inputs)
        result = _all(session, replace(reference, inputs=inputs), expected, found, config)
    except (InferenceFailed, ValueError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        return ParityReport(count, None, failures=(*failures, f"{error}{cause}"))
    note = "" if count >= LEAST else f"only {count} samples are held out; {LEAST} are wanted"
    report = ParityReport(count, result.largest, failures=(*failures, *result.failures), note=note)
    return judged(report, metric, reference.labels, (expected, found), config)


def verify_golden(
    candidate: Candidate, inputs: Named, expected: Named, config: ParityConfig, open_session: OpenSession
) -> ParityReport:
    """Compares one call on `inputs`, exactly as given, with the outputs that `expected` names."""
    failures = []
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
        failures += _signature(candidate, session)
        found = run_once(session, inputs)
    except (SessionError, InferenceFailed, ValueError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        return ParityReport(0, None, failures=(*failures, f"{error}{cause}"))
    failures += undeclared(candidate.signature, found, batched=False)
    named = {name: array for name, array in found.items() if name in expected}
    result = compare(expected, named, session.signature, config)
    samples = max((len(array) for array in inputs.values() if array.ndim), default=1)
    return ParityReport(samples, result.largest, failures=(*failures, *result.failures))


def _signature(candidate: Candidate, session: Session) -> list[str]:
    """Why no function would start with this file, by the loader's check of inputs and of outputs: both tell."""
    wanted, found = candidate.signature, session.signature
    failures = []
    for ours, theirs in (
        (Signature(wanted.inputs, ()), Signature(found.inputs, ())),
        (Signature((), wanted.outputs), Signature((), found.outputs)),
    ):
        try:
            check_signature(ours, theirs)
        except SessionError as error:
            failures.append(str(error))
    return failures


def undeclared(signature: Signature, found: Named, *, batched: bool) -> list[str]:
    """Outputs of another shape than callers are told. batched: several calls, put together along the first axis."""
    failures = []
    for spec in signature.outputs:
        told = spec._replace(shape=(-1, *spec.shape[1:])) if batched and spec.shape else spec
        if spec.name in found and not told.accepts(found[spec.name].shape):
            shape = list(found[spec.name].shape)
            failures.append(f"output {spec.name}: shape is {shape}, the signature says {list(spec.shape)}")
    return failures


def _all(session: Session, reference: Reference, expected: Named, found: Named, config: ParityConfig) -> Comparison:
    settle = reference.settle or _as_expected
    inputs = reference.inputs
    whole = compare(settle(expected, found), found, session.signature, config)
    failures, largest = list(whole.failures), whole.largest
    if whole.failures or any(spec.shape[0] != -1 for spec in session.signature.inputs):
        return whole
    count = len(next(iter(inputs.values())))
    for index in range(min(SINGLES, count)):
        single = run_once(session, {name: array[index : index + 1] for name, array in inputs.items()})
        wanted = {name: array[index : index + 1] for name, array in expected.items()}
        among = {name: array[index : index + 1] for name, array in found.items()}
        if compare(settle(wanted, among), among, session.signature, config).failures:
            continue  # an outlier, and counted as one above
        result = compare(settle(wanted, single), single, session.signature, config, f"sample {index} alone: ")
        failures += result.failures
        largest = max(largest, result.largest)
    return Comparison(failures, largest)


def _as_expected(expected: Named, _found: Named) -> Named:
    return expected


def judged(
    report: ParityReport, metric: str, labels: Array | None, answers: tuple[Named, Named], config: ParityConfig
) -> ParityReport:
    """`report` with `metric` of both models' answers, the source's first, and how far it fell where that is too far."""
    if not metric:
        return report
    if labels is None:
        missing = f"{metric} was not compared: there are no labels that it takes"
        return replace(report, note="; ".join(filter(None, (report.note, missing))))
    try:
        source, onnx = (METRICS[metric](outputs, labels[: report.samples]) for outputs in answers)
    except ValueError as error:
        return replace(report, metric=metric, failures=(*report.failures, str(error)))
    drop = _drop(metric, source, onnx, config)
    return replace(report, metric=metric, source_metric=source, onnx_metric=onnx, failures=(*report.failures, *drop))


def _drop(metric: str, source: float, onnx: float, config: ParityConfig) -> list[str]:
    if source - onnx <= config.metric_drop + METRICS[metric].rounding:
        return []
    return [f"{metric} falls from {source:.6f} to {onnx:.6f}, by more than {config.metric_drop:g}"]
