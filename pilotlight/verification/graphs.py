"""The gate for a graph that answers callers itself. It compares every graph that the version may be opened from."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from pilotlight.core.artifacts import Candidate, NamedArrays, Reference
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.verification.compare_arrays import compare_arrays
from pilotlight.verification.compare_outputs import (
    CallPlan,
    PredictionFailed,
    check_output_shapes,
    compare_outputs,
    count_samples,
    merge_reports,
)
from pilotlight.verification.sessions import plan_batches, run_session
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.graph_loading import check_signature
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.signature import Signature

_OPEN_UNPACKED: Final = partial(open_session, packed=False)
VerifyGraph = Callable[[OpenSession], ParityReport]
"""Verifies the candidate's model.onnx, which it opens with the given function."""


def verify_graphs(
    candidate: Candidate,
    verify: VerifyGraph,
    open_session: OpenSession,
    open_unpacked: OpenSession = _OPEN_UNPACKED,
) -> ParityReport:
    """Verify every graph of a candidate, in every way in which a function runs it.

    Args:
        candidate: The candidate.
        verify: Verifies one graph.
        open_session: Opens a graph.
        open_unpacked: Opens a graph as a function does that packs the weights after its first answer.

    Returns:
        The report on the graph that this host opens, with the failures of model.onnx and of unpacked weights added.
    """
    portable = verify(open_session)
    graph = candidate.loading.graph if candidate.loading else MODEL_NAME
    if graph == MODEL_NAME:
        return portable

    def open_other(opens: OpenSession) -> OpenSession:
        return lambda path, threads: opens(Path(path).with_name(graph), threads)

    report = verify(open_other(open_session))
    failures = [f"{graph}: {failure}" for failure in report.failures]
    merged = merge_reports(report, portable, (*failures, *portable.failures))
    if candidate.loading is None or not candidate.loading.pack_later:
        return merged
    unpacked = verify(open_other(open_unpacked))
    early = (f"{graph} with unpacked weights: {failure}" for failure in unpacked.failures)
    return merge_reports(merged, unpacked, (*merged.failures, *early))


def verify_graph(
    candidate: Candidate, reference: Reference | None, config: ParityConfig, metric: str, open_session: OpenSession
) -> ParityReport:
    """Verify the model.onnx of a candidate on held-out samples, and then by a metric.

    Args:
        candidate: The candidate.
        reference: The source model and held-out samples. Where it is None only the signature is compared, and the
            report says so.
        config: The tolerances.
        metric: The name of a metric; "" for none.
        open_session: Opens the graph.
    """
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        return ParityReport(0, None, failures=(str(error),), cause=Cause.FAILED)
    failures = _compare_signatures(candidate, session)
    if reference is None:
        note = "not compared with a source: no reference samples were given"
        cause = Cause.FAILED if failures else Cause.NONE
        return ParityReport(0, None, failures=tuple(failures), note=note, cause=cause)
    count = count_samples(reference, config)
    try:
        size, count = plan_batches(session.signature, count)
    except ValueError as error:
        return ParityReport(count, None, failures=(*failures, str(error)), cause=Cause.FAILED)
    calls = CallPlan(size, count, singles=all(spec.shape[0] == -1 for spec in session.signature.inputs))
    answer = partial(_predict, session)
    return compare_outputs(answer, reference, candidate.signature, config, metric, calls=calls, known=failures)


def verify_golden(
    candidate: Candidate, inputs: NamedArrays, expected: NamedArrays, config: ParityConfig, open_session: OpenSession
) -> ParityReport:
    """Compare the outputs of one call with expected outputs.

    Args:
        candidate: The candidate.
        inputs: The inputs of the call by name, which are sent as they are.
        expected: The expected outputs by name. Other outputs are not compared.
        config: The tolerances.
        open_session: Opens the graph.
    """
    failures: list[str] = []
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
        failures += _compare_signatures(candidate, session)
        found = _predict(session, inputs)
    except (SessionError, PredictionFailed) as error:
        return ParityReport(0, None, failures=(*failures, str(error)), cause=Cause.FAILED)
    cause = Cause.FAILED if failures else Cause.NONE
    misshapen = check_output_shapes(candidate.signature, found, batched=False)
    failures += misshapen
    cause = max(cause, Cause.MISSHAPEN) if misshapen else cause
    named = {name: array for name, array in found.items() if name in expected}
    result = compare_arrays(expected, named, session.signature, config)
    samples = max((len(array) for array in inputs.values() if array.ndim), default=1)
    cause = Cause.DIFFERS if result.failures and cause is not Cause.MISSHAPEN else cause
    return ParityReport(samples, result.largest, failures=(*failures, *result.failures), cause=cause)


def _predict(session: Session, inputs: NamedArrays) -> NamedArrays:
    try:
        return run_session(session, inputs)
    except (InferenceFailed, ValueError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        raise PredictionFailed(f"{error}{cause}") from error


def _compare_signatures(candidate: Candidate, session: Session) -> list[str]:
    """Return why a function with this graph would not start. It is the loader's own check, of inputs and of outputs."""
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
