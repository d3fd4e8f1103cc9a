"""repair: gives damaged versions in the store their published content again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.core.project import DEFAULT_STORE, Project
from pilotlight.core.store_location import FolderLocation, parse_store_location
from pilotlight.store import ContentSource, FolderBlobs, Repair, Store
from pilotlight.workflows.context import Context, open_blobs
from pilotlight.workflows.model_versions import split_reference

_BUILT: Final = Path(".aws-sam", "build")
"""Where `sam build` leaves the packaged functions, below the project's root."""


@dataclass(frozen=True)
class RepairRequest:
    """Which versions to repair.

    Attributes:
        model: NAME for every version of a model, or NAME@VERSION; "" for every version of every model of the project.
        source: Where content is looked for first: another store (a folder or s3://bucket/prefix), a copy of a version,
            or a packaged function; "" for only the usual places.
    """

    model: str = ""
    source: str = ""


@dataclass(frozen=True)
class RepairResult:
    """What a repair did to one version that was damaged.

    Attributes:
        repair: The files that were restored and those that were not.
        aside: Where damaged content is kept; "" where there was none.
        advice: What brings the rest back; "" where the version is sound again.
    """

    repair: Repair
    aside: str
    advice: str

    def as_json(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "model": self.repair.model,
            "version": self.repair.version,
            "restored": [each._asdict() for each in self.repair.restored],
            "lost": [each._asdict() for each in self.repair.lost],
            "aside": self.aside,
            "advice": self.advice,
        }


def repair(request: RepairRequest, context: Context) -> list[RepairResult]:
    """Restore the content of damaged versions, and keep the damaged content aside.

    A file is looked for in the place that the request names, elsewhere in the store, in the functions that `sam build`
    packaged, and in the project's own folder of versions. It is restored only with the published content.

    Args:
        request: Which versions, and from where.
        context: The project, its store, and where to report.

    Returns:
        One result for each version that was damaged. Versions that are sound have none.

    Raises:
        ProjectError: The project has no such model, or the source is no location.
        StoreError: The store or the source cannot be read, the store cannot be written, or the version that the request
            names is neither there nor in another place.
    """
    project, store = context.project, context.store
    name, version = split_reference(request.model)
    names = [name] if name else project.list_models()
    for each in names:
        project.require_folder(each)
    pins = {each: project.read_lock(each) for each in names}
    sources = _open_sources(request, context)
    results = []
    for each in names:
        versions = [version] if version is not None else _list_all(store, each, pins[each])
        done = [_repair_version(each, one, pins[each], sources, context, named=version is not None) for one in versions]
        found = (one for one in done or (store.clear_folder(each),) if one.restored or one.lost)
        results += [_describe(one, context) for one in found]
    return results


def _describe(found: Repair, context: Context) -> RepairResult:
    aside = f"{context.store.location}/{found.aside}" if found.aside else ""
    return RepairResult(found, aside, _advise(found, context.project))


def _open_sources(request: RepairRequest, context: Context) -> Sequence[ContentSource]:
    root = context.project.root
    given = [_open_given(request.source, context.cwd)] if request.source else []
    own, usual = context.store.location, (root / _BUILT, root / DEFAULT_STORE)
    folders = [folder for folder in usual if folder.is_dir() and str(folder) != own]
    return (*given, context.store.open_source(), *(ContentSource(FolderBlobs(folder)) for folder in folders))


def _open_given(source: str, cwd: Path) -> ContentSource:
    location = parse_store_location(source, cwd, "--from")
    if isinstance(location, FolderLocation) and not location.path.is_dir():
        raise StoreError(
            str(location), "is no folder", "Give --from a store, a copy of a version or a packaged function."
        )
    return ContentSource(open_blobs(location))


def _list_all(store: Store, model: str, lock: Lock | None) -> Sequence[str]:
    """Return every version of a model in the store, and the pinned one, which may be missing there."""
    survey = store.survey(model)
    names = (*(manifest.version for manifest in survey.versions), *survey.damaged, *survey.unfinished)
    return tuple(dict.fromkeys((*names, *(() if lock is None else (lock.version,)))))


def _repair_version(
    model: str, version: str, lock: Lock | None, sources: Sequence[ContentSource], context: Context, *, named: bool
) -> Repair:
    context.progress.stage(f"repair {model}@{version}")
    pinned = lock.manifest_sha256 if lock is not None and lock.version == version else ""
    with temporary_folder() as folder:
        return context.store.repair_version(
            model, version, sources, folder, pinned_sha256=pinned, set_unfinished_aside=named
        )


def _advise(found: Repair, project: Project) -> str:
    """Return what brings the files back that were not found."""
    if not found.lost:
        return ""
    kind = project.read_config(found.model).kind
    way = _find_way(found.model, kind, found.manifest.provenance if found.manifest is not None else {})
    if not found.version:
        return f"Run {way}, or copy the versions there again."
    reference = f"{found.model}@{found.version}"
    return (
        f"Run {way}, which publishes the version again where its content is the same. Or run `pilotlight repair"
        f" {reference} --from PLACE` with another store, a copy of the version or a packaged function that has it. Or"
        f" pin another version with `pilotlight pin {found.model}@VERSION`."
    )


def _find_way(model: str, kind: str, provenance: Mapping[str, Any]) -> str:
    """Return the command that made a version."""
    source = provenance.get("source")
    if kind == "onnx" and "training" not in provenance:
        return f"`pilotlight import {source if isinstance(source, str) else 'FILE.onnx'} --name {model}`"
    if isinstance(source, str):
        return f"`pilotlight convert {model} --from {source}`"
    return f"`pilotlight train {model}`"
