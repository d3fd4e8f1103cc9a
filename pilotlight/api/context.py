"""What every function of the API takes: a project, and where to report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pilotlight.core.errors import ProjectError
from pilotlight.core.progress import CallbackProgress, Progress, ProgressEvent, Silent
from pilotlight.core.project import Project, find_project
from pilotlight.workflows.context import Context

AnyProject = Project | str | Path | None
"""A project, or a folder in it; None for the current folder."""

AnyProgress = Progress | Callable[[ProgressEvent], object] | None
"""Where stages report: a Progress, or a function that takes each report; None for nowhere."""


def make_context(project: AnyProject, progress: AnyProgress = None) -> Context:
    """Build the context of a workflow. Relative paths count from the current folder, whatever the project."""
    here, environ = Path.cwd(), os.environ
    given = find_project(here / project, environ) if isinstance(project, str | Path) else project
    if progress is None:
        progress = Silent()
    elif not isinstance(progress, Progress):
        progress = CallbackProgress(_check_callable(progress))
    return Context(here, environ, progress=progress, given_project=given)


def _check_callable(progress: object) -> Callable[[ProgressEvent], object]:
    if callable(progress):
        return progress
    hint = "Give a function that takes a ProgressEvent, or an object with stage, note, step and line."
    raise ProjectError("progress", f"is {progress!r}, which cannot be called", hint)
