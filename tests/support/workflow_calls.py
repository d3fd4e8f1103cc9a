"""The workflows that make a version, called with a project and a store that a test has at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight.workflows import convert, train
from pilotlight.workflows import import_model as importing
from pilotlight.workflows.context import Context
from pilotlight.workflows.types import ConvertRequest, ImportRequest, TrainRequest, TrainResult

OF_THE_REQUEST = ("run", "pin", "keep_result")


def make_context(project: Project, store: Store | None = None, **changes: Any) -> Context:
    """A context around `project`; `changes` are fields of Context."""
    return Context(Path.cwd(), os.environ, given_project=project, given_store=store, **changes)


def train_model(
    project: Project,
    name: str,
    *,
    store: Store,
    options: Mapping[str, Any] | None = None,
    **changes: Any,
) -> TrainResult:
    """Train `name`. options: training options, and fields of TrainRequest."""
    given = dict(options or {})
    request = {field: given.pop(field) for field in OF_THE_REQUEST if field in given}
    return train.train(TrainRequest(name, given, **request), make_context(project, store, **changes))


def convert_model(
    project: Project,
    name: str,
    source: Path,
    *,
    store: Store,
    options: Mapping[str, Any] | None = None,
    **changes: Any,
) -> TrainResult:
    """Convert the saved model `source`."""
    request = ConvertRequest(name, source, dict(options or {}))
    return convert.convert(request, make_context(project, store, **changes))


def import_model(
    project: Project, name: str, source: Path, *, store: Store, golden: Path | None = None, **changes: Any
) -> TrainResult:
    """Import the ONNX file `source`."""
    return importing.import_model(ImportRequest(name, source, golden), make_context(project, store, **changes))
