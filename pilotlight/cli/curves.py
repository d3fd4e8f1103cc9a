"""Where a training's learning curve is drawn to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.cli.curve_image import save_curve
from pilotlight.core.errors import ProjectError
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project

if TYPE_CHECKING:  # numpy loads when a command runs, not for --help
    from pilotlight.workflows.types import TrainResult


def draw_curve(project: Project, result: TrainResult, progress: Progress) -> None:
    """Draws the curve of `result`, where it has one, to .pilotlight/curves/NAME-VERSION.png; says so, or why not."""
    if result.curve is None:
        return
    path = project.root / ".pilotlight" / "curves" / f"{result.model}-{result.version}.png"
    try:
        save_curve(result.curve, f"{result.model}@{result.version}", path)
    except ProjectError as error:  # the version is published: a picture is no reason to fail
        progress.note(f"the learning curve {error.what}. {error.hint}")
        return
    progress.note(f"learning curve: {path.relative_to(project.root)}")
