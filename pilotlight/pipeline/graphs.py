"""The gate for every graph that a version may be opened from: what serves elsewhere must answer right there, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pilotlight.core.artifacts import Candidate, ParityReport
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.session import OpenSession, Session

Gate = Callable[[OpenSession], ParityReport]
"""Verifies the candidate's model.onnx as the given engine opens it."""


def verify_graphs(candidate: Candidate, gate: Gate, open_session: OpenSession) -> ParityReport:
    """The report on the graph that is opened where the candidate was made, with the failures of model.onnx besides."""
    portable = gate(open_session)
    graph = candidate.loading.graph if candidate.loading else MODEL_NAME
    if graph == MODEL_NAME:
        return portable

    def open_other(path: StrPath, threads: int) -> Session:
        return open_session(Path(path).with_name(graph), threads)

    report = gate(open_other)
    failures = (*(f"{graph}: {failure}" for failure in report.failures), *portable.failures)
    differences = [each.largest_difference for each in (report, portable) if each.largest_difference is not None]
    return replace(report, failures=failures, largest_difference=max(differences, default=None))
