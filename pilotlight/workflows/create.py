"""init, new: create a project, and a model in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from pilotlight import scaffold
from pilotlight.core.data_source import DataSource, parse_data_source
from pilotlight.core.errors import ProjectError
from pilotlight.core.project_lock import lock_project
from pilotlight.core.table_description import TableDescription
from pilotlight.workflows.context import Context


@dataclass(frozen=True)
class InitRequest:
    """Where to create a project.

    Attributes:
        folder: The project's folder; it is created where it does not exist.
    """

    folder: Path


@dataclass(frozen=True)
class NewRequest:
    """Which model to create.

    Attributes:
        name: Lower-case words joined by - or _, such as spam-filter.
        kind: What the model's files are copied from: keras-image, keras-text, sklearn, torch or onnx.
        data: The table that a model of kind sklearn learns from: a .csv, .tsv or .parquet file, relative to the current
            folder, or s3://bucket/key; "" for the one that the kind begins with.
        target: The column of `data` to learn.
        stream: Whether HTTP answers are sent while they are made.
    """

    name: str
    kind: str = "keras-image"
    data: str = ""
    target: str = ""
    stream: bool = False


def init_project(request: InitRequest, context: Context) -> Path:
    """Create a project without models: template.yaml, the shared layer, the catalog function, a Makefile.

    Where an earlier call was killed, the project is completed.

    Returns:
        The project's folder.

    Raises:
        ProjectError: A file of the project exists already, with other content; nothing is written. Or a file cannot be
            written; the next call completes the project.
    """
    root = context.path(request.folder)
    if root.exists() and not root.is_dir():
        raise ProjectError(str(root), "is a file", "Name a folder.")
    scaffold.plan_project(root)  # so that no lock file is left in a folder that is refused
    with lock_project(root, context.progress.note):
        scaffold.init_project(root)
    return root


def new_model(request: NewRequest, context: Context) -> Path:
    """Create a model: a folder below functions/, and its function in template.yaml.

    Where an earlier call was killed, the model is completed.

    Returns:
        The model's folder.

    Raises:
        ProjectError: The name is impossible or taken, the kind is unknown or takes no table, or template.yaml has no
            place for the function; nothing is written. Or a file cannot be written; the next call completes the model.
        DataError: The table is missing or malformed, or nothing can be learned from it; nothing is written.
    """
    project = context.project
    table = _describe_table(request, context)
    with lock_project(project.root, context.progress.note):
        scaffold.new_model(project, request.name, request.kind, table, stream=request.stream)
    return project.folder(request.name)


def _describe_table(request: NewRequest, context: Context) -> TableDescription | None:
    """Return what the new model must know of its table; None where the request names none."""
    if not request.data and not request.target:
        return None
    if request.kind != "sklearn" or not request.data:
        hint = "Use --kind sklearn --data FILE --target COLUMN."
        raise ProjectError(f"model {request.name!r}", "needs the kind sklearn and a table to learn a target from", hint)
    if not request.target:
        raise ProjectError(f"model {request.name!r}", "has a table and no target", "Add --target COLUMN.")
    folder = context.project.folder(request.name)
    from pilotlight.training.data.built_in import BUILT_IN  # numpy comes with it, which other kinds do not need
    from pilotlight.training.data.describe_table import describe_table

    source = parse_data_source(request.data, context.cwd, BUILT_IN)
    described = describe_table(source, request.target, context.progress, context.download)
    return replace(described, source=_name_source(source, folder, context.project.root))


def _name_source(source: DataSource, folder: Path, root: Path) -> str:
    """Return a data source as the model.toml in `folder` names it: a file of the project relative to the folder."""
    if source.path is None:
        return source.text
    path = source.path.resolve()
    return os.path.relpath(path, folder.resolve()) if path.is_relative_to(root.resolve()) else str(path)
