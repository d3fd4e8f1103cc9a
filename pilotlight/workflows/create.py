"""init, new: create a project, and a model in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pilotlight import scaffold
from pilotlight.core.errors import ProjectError
from pilotlight.core.project_lock import lock_project
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
    """

    name: str
    kind: str = "keras-image"


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
        ProjectError: The name is impossible or taken, the kind is unknown, or template.yaml has no place for the
            function; nothing is written. Or a file cannot be written; the next call completes the model.
    """
    project = context.project
    with lock_project(project.root, context.progress.note):
        scaffold.new_model(project, request.name, request.kind)
    return project.folder(request.name)
