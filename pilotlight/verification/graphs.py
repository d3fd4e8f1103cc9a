"""The gate for a graph that answers callers itself: every graph that the version may be opened from is compared."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Reference
from pilotlight.core.modelconfig import ParityConfig
from pilotlight.verification.answers import (
    Calls,
    NoAnswer,
    compare_answers,
    merge_reports,
    undeclared_outputs,
    wanted_samples,
)
from pilotlight.verification.compare import compare
from pilotlight.verification.sessions import run_once, whole_batches
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.graph_loading import check_signature
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.signature import Signature

Gate = Callable[[OpenSession], ParityReport]
"""Verifies the candidate's model.onnx as the given engine opens it."""


def verify_graphs(candidate: Candidate, gate: Gate, open_session: OpenSession) -> ParityReport:
    """Return the report on the graph that is opened on this host, with the failures of model.onnx added."""
    portable = gate(open_session)
    graph = candidate.loading.graph if candidate.loading else MODEL_NAME
    if graph == MODEL_NAME:
        return portable

    def open_other(path: StrPath, threads: int) -> Session:
        return open_session(Path(path).with_name(graph), threads)

    report = gate(open_other)
    return merge_reports(
        report, portable, (*(f"{graph}: {failure}" for failure in report.failures), *portable.failures)
    )


def verify_graph(
    candidate: Candidate, reference: Reference | None, config: ParityConfig, metric: str, open_session: OpenSession
) -> ParityReport:
    """Compare the candidate's model.onnx with its source on held-out samples, and then by `metric` ("" for none).

    Without a reference only the signature is compared, and the report says so.
    """
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        return ParityReport(0, None, failures=(str(error),))
    failures = _compare_signatures(candidate, session)
    if reference is None:
        note = "not compared with a source: no reference samples were given"
        return ParityReport(0, None, failures=tuple(failures), note=note)
    count = wanted_samples(reference, config)
    try:
        size, count = whole_batches(session.signature, count)
    except ValueError as error:
        return ParityReport(count, None, failures=(*failures, str(error)))
    calls = Calls(size, count, singles=all(spec.shape[0] == -1 for spec in session.signature.inputs))
    answer = partial(_answer, session)
    return compare_answers(answer, reference, candidate.signature, config, metric, calls=calls, known=failures)


def verify_golden(
    candidate: Candidate, inputs: Named, expected: Named, config: ParityConfig, open_session: OpenSession
) -> ParityReport:
    """Compare one call on `inputs`, exactly as given, with the outputs that `expected` names."""
    failures: list[str] = []
    try:
        session = open_session(candidate.folder / MODEL_NAME, os.cpu_count() or 1)
        failures += _compare_signatures(candidate, session)
        found = _answer(session, inputs)
    except (SessionError, NoAnswer) as error:
        return ParityReport(0, None, failures=(*failures, str(error)))
    failures += undeclared_outputs(candidate.signature, found, batched=False)
    named = {name: array for name, array in found.items() if name in expected}
    result = compare(expected, named, session.signature, config)
    samples = max((len(array) for array in inputs.values() if array.ndim), default=1)
    return ParityReport(samples, result.largest, failures=(*failures, *result.failures))


def _answer(session: Session, inputs: Named) -> Named:
    try:
        return run_once(session, inputs)
    except (InferenceFailed, ValueError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        raise NoAnswer(f"{error}{cause}") from error


def _compare_signatures(candidate: Candidate, session: Session) -> list[str]:
    """Say why no function would start with this file: the loader's own check, of inputs and of outputs."""
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
