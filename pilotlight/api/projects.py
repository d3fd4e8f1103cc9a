"""Projects, models, versions and pins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # numpy and the rooms load when a function is called
    from pilotlight.core.lock import Lock
    from pilotlight.workflows.findings import Finding
    from pilotlight.workflows.models import ModelVersions
    from pilotlight.workflows.repair import RepairResult
    from pilotlight_runtime.manifest import Manifest


def init(folder: str | Path) -> Path:
    """Create a project without models: template.yaml, the shared layer, the catalog function, a Makefile.

    Args:
        folder: The project's folder; it is created where it does not exist.

    Returns:
        The folder's path.

    Raises:
        ProjectError: A file of the project exists already, with other content; nothing is written. Or a file cannot be
            written; the next call completes the project.
    """
    from pilotlight.workflows.create import InitRequest, init_project

    return init_project(InitRequest(Path(folder)), make_context(None))


def new(
    name: str,
    *,
    kind: str = "keras-image",
    data: str | Path = "",
    target: str = "",
    stream: bool = False,
    project: AnyProject = None,
) -> Path:
    """Create a model: a folder below functions/, and its function in template.yaml.

    Args:
        name: Lower-case words joined by - or _, such as spam-filter.
        kind: What the model's files are copied from: keras-image, keras-text, sklearn, torch or onnx.
        data: The table that a model of kind sklearn learns from: a .csv, .tsv or .parquet file, relative to the current
            folder, or s3://bucket/key. Its train.py and model.toml are written for this table.
        target: The column of `data` to learn.
        stream: Whether HTTP answers are sent while they are made.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The model's folder.

    Raises:
        ProjectError: The name is impossible or taken, the kind is unknown or takes no table, or template.yaml has no
            place for the function; nothing is written. Or a file cannot be written; the next call completes the model.
        DataError: The table is missing or malformed, or nothing can be learned from it; nothing is written.
    """
    from pilotlight.workflows.create import NewRequest, new_model

    return new_model(NewRequest(name, kind, str(data), target, stream), make_context(project))


def models(*, project: AnyProject = None) -> list[ModelVersions]:
    """List the project's models with every version in the store.

    Args:
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The models, sorted by name; each with its pinned version, all versions, the oldest first, and what is damaged.

    Raises:
        ProjectError: The folder lies in no project.
        StoreError: The store cannot be read.
    """
    from pilotlight.workflows.models import list_models

    return list_models(make_context(project))


def show(model: str, *, project: AnyProject = None) -> Manifest:
    """Read the manifest of one version: its inputs and outputs, files, metrics and provenance.

    Args:
        model: NAME or NAME@VERSION; the pinned version without one.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The version's manifest.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The version is not in the store or damaged, or no version is named and none is pinned.
    """
    from pilotlight.workflows.models import ShowRequest, show_model

    return show_model(ShowRequest(model), make_context(project))


def pin(model: str, version: str, *, project: AnyProject = None) -> Lock:
    """Pin the version that is packaged and served: write the model's model.lock.

    Args:
        model: The model's name.
        version: A version in the store, 12 hex digits.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The version, and the sha256 of its manifest.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The store does not have the version, or one of its files is damaged.
    """
    from pilotlight.workflows.models import PinRequest, pin_model

    return pin_model(PinRequest(f"{model}@{version}"), make_context(project))


def check(*, deep: bool = False, project: AnyProject = None, progress: AnyProgress = None) -> list[Finding]:
    """Check that the project's parts fit together. Nothing is executed or changed.

    Args:
        deep: Read every file of every version in the store; otherwise those of the pinned versions.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        One finding for each thing that was checked; the project is right where no finding has a problem.

    Raises:
        ProjectError: The folder lies in no project.
    """
    from pilotlight.workflows.check import check as check_project

    return check_project(make_context(project, progress), deep=deep)


def repair(
    model: str = "", *, source: str | Path = "", project: AnyProject = None, progress: AnyProgress = None
) -> list[RepairResult]:
    """Give damaged versions in the store their published content again.

    A file is restored only with the sha256 that the version's manifest states. Damaged content is moved to .damaged/ in
    the store.

    Args:
        model: NAME for every version of a model, or NAME@VERSION; "" for every version of every model.
        source: Where content is looked for first: another store (a folder or s3://bucket/prefix), a copy of a version,
            or a packaged function; "" for only the store itself, .aws-sam/build and .pilotlight/store.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        One result for each version that was damaged: what was restored, what was not found, and what to do then.

    Raises:
        ProjectError: The project has no such model, or the source is no location.
        StoreError: The store or the source cannot be read, or the store cannot be written.
    """
    from pilotlight.workflows.repair import RepairRequest
    from pilotlight.workflows.repair import repair as repair_versions

    return repair_versions(RepairRequest(model, str(source)), make_context(project, progress))
