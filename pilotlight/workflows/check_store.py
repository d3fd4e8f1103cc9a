"""The part of `check` that reads the store: each model's pin and its versions."""

from __future__ import annotations

from collections.abc import Iterator

from pilotlight.core.errors import UserError
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.store import Store, Survey
from pilotlight.workflows.findings import Finding
from pilotlight.workflows.verify import report_reading
from pilotlight_runtime.manifest import Manifest


def check_versions(
    project: Project, store: Store, name: str, kind: str, progress: Progress, *, deep: bool
) -> Iterator[Finding]:
    """Check the pin of a model, and what the store holds of the model.

    Args:
        project: The project.
        store: The store.
        name: The model.
        kind: The kind of the model, as its model.toml says.
        progress: Where the reading of large versions is reported.
        deep: Whether every file of every version is read; otherwise those of the pinned version.

    Yields:
        The pin, what is wrong with versions, and names that are ignored. If `deep`, each version.
    """
    yield _check_pin(project, store, name, kind, progress)
    try:
        survey = store.survey(name)
    except UserError as error:
        yield Finding(f"{name} in the store", "versions", error.what, error.hint)
        return
    if survey.no_folder:
        yield Finding(f"{name} in the store", "versions", survey.no_folder, f"Run `pilotlight repair {name}`.")
    pinned = _read_pinned(project, name)
    for manifest in survey.versions:
        if deep and manifest.version != pinned:
            yield _check_content(store, manifest, progress)
    read = {manifest.version for manifest in survey.versions} if deep else set()
    yield from _list_others(name, survey, but={pinned, *read})


def _read_pinned(project: Project, name: str) -> str:
    try:
        lock = project.read_lock(name)
    except UserError:  # the finding about the pin says it
        return ""
    return "" if lock is None else lock.version


def _check_pin(project: Project, store: Store, name: str, kind: str, progress: Progress) -> Finding:
    where = f"functions/{name}/model.lock"
    try:
        lock = project.read_lock(name)
        if lock is None:
            way = f"import FILE.onnx --name {name}" if kind == "onnx" else f"train {name}"
            return Finding(where, "pin", "no version is pinned", f"Run `pilotlight {way}` or `pilotlight pin`.")
        manifest, digest = store.read_manifest(name, lock.version)
        if digest != lock.manifest_sha256:
            problem = f"version {lock.version} in the store has another manifest than the one that was pinned"
            advice = f"If that is meant, run `pilotlight pin {name}@{lock.version}`; else `pilotlight repair {name}`."
            return Finding(where, "pin", problem, advice)
        store.require_sound(manifest, report_reading(manifest, progress))
    except UserError as error:
        return Finding(where, "pin", error.what, error.hint)
    return Finding(where, f"pin {lock.version}")


def _check_content(store: Store, manifest: Manifest, progress: Progress) -> Finding:
    where, what = f"{manifest.model}@{manifest.version}", "version"
    try:
        store.require_sound(manifest, report_reading(manifest, progress))
    except UserError as error:
        return Finding(where, what, error.what, error.hint)
    return Finding(where, f"{what}: {len(manifest.files)} files as they were published")


def _list_others(name: str, survey: Survey, but: set[str]) -> Iterator[Finding]:
    """List what is wrong or ignored, without the versions `but`, which have a finding."""
    for version, problem in survey.damaged.items():
        if version not in but:
            yield Finding(f"{name}@{version}", "version", problem, f"Run `pilotlight repair {name}@{version}`.")
    for version in survey.unfinished:
        if version not in but:
            problem = "has no manifest.json, so it is no version: a publication or a copy has not ended"
            advice = f"If none is under way, run `pilotlight repair {name}@{version}`."
            yield Finding(f"{name}@{version}", "version", problem, advice)
    for version, files in survey.extra.items():
        yield Finding(f"{name}@{version}", f"files that are no part of it, and that nothing reads: {', '.join(files)}")
    if survey.ignored:
        yield Finding(f"{name} in the store", f"ignored, since no version has such a name: {', '.join(survey.ignored)}")
