"""models, show, pin: the versions in the store, and the one that is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pilotlight.core.errors import ProjectError, StoreError
from pilotlight.core.learning_curve import LearningCurve, read_learning_curve
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.workflows.comparisons import Comparison, list_comparisons
from pilotlight.workflows.context import Context
from pilotlight.workflows.model_versions import split_reference
from pilotlight.workflows.verify import report_reading
from pilotlight_runtime.manifest import Manifest

FOLDER: Final = "folder"
"""The key of the damage of a model's folder in the store."""


@dataclass(frozen=True)
class ModelVersions:
    """One model and its versions.

    Attributes:
        name: The model.
        pinned: The version that is packaged and served; None where no version is pinned.
        versions: The versions in the store whose manifest is sound, the oldest first.
        damaged: What is wrong, by version, by "model.lock", or by "folder" where something else stands in place of the
            model's folder in the store. The content of files is not read.
        ignored: Names in the store beside the versions that are no version's, such as backup/.
        compared: Later comparisons by version, the oldest first.
    """

    name: str
    pinned: str | None
    versions: tuple[Manifest, ...]
    damaged: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    compared: Mapping[str, tuple[Comparison, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the model for JSON: its name, its pin, and each version's metrics, size in bytes and parity.

        What is damaged or ignored and later comparisons are added where there are some.
        """
        return {
            "name": self.name,
            "pinned": self.pinned,
            "versions": [
                {
                    "version": manifest.version,
                    "metrics": manifest.metrics,
                    "bytes": sum(file.size for file in manifest.files),
                    "parity": manifest.parity,
                    **self._compared_as_json(manifest.version),
                }
                for manifest in self.versions
            ],
            **({"damaged": dict(self.damaged)} if self.damaged else {}),
            **({"ignored": list(self.ignored)} if self.ignored else {}),
        }

    def _compared_as_json(self, version: str) -> dict[str, Any]:
        found = self.compared.get(version, ())
        return {"compared": [each.as_json() for each in found]} if found else {}


@dataclass(frozen=True)
class ShowRequest:
    """Which version to show.

    Attributes:
        model: NAME or NAME@VERSION; the pinned version without one.
    """

    model: str


@dataclass(frozen=True)
class PinRequest:
    """Which version to pin.

    Attributes:
        model: NAME@VERSION.
    """

    model: str


def list_models(context: Context) -> list[ModelVersions]:
    """List the project's models, sorted by name, with every version in the store. One that is damaged hides no other.

    Raises:
        StoreError: The store cannot be read.
    """
    return [_list_versions(name, context) for name in context.project.list_models()]


def _list_versions(name: str, context: Context) -> ModelVersions:
    survey = context.store.survey(name)
    pinned, damaged = None, dict(survey.damaged)
    if survey.no_folder:
        damaged[FOLDER] = survey.no_folder
    try:
        lock = context.project.read_lock(name)
        pinned = None if lock is None else lock.version
    except ProjectError as error:
        damaged[LOCK_NAME] = error.what
    compared = list_comparisons(context.store, name)
    return ModelVersions(name, pinned, survey.versions, damaged, survey.ignored, compared)


def show_model(request: ShowRequest, context: Context) -> Manifest:
    """Read the manifest of one version, after its files were compared with it.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The version is not in the store or damaged, or no version is named and none is pinned.
    """
    name, version = split_reference(request.model)
    context.project.require_folder(name)
    return _read_sound_version(name, version or _pinned_version(name, context), context)[0]


def show_comparisons(manifest: Manifest, context: Context) -> tuple[Comparison, ...]:
    """Return the later comparisons of a version, the oldest first.

    Raises:
        StoreError: The store cannot be read.
    """
    return list_comparisons(context.store, manifest.model).get(manifest.version, ())


def read_curve(manifest: Manifest) -> LearningCurve:
    """Read the learning curve of a version.

    Raises:
        StoreError: The version has none.
    """
    curve = read_learning_curve(manifest.provenance.get("curve"))
    if curve is None:
        hint = "Versions that `pilotlight train` made have one, where train.py records it or fits a Keras model."
        raise StoreError(f"{manifest.model}@{manifest.version}", "has no learning curve", hint)
    return curve


def pin_model(request: PinRequest, context: Context) -> Lock:
    """Pin the version that is packaged and served: write the model's model.lock.

    Returns:
        The version, and the sha256 of its manifest.

    Raises:
        ProjectError: The project has no such model.
        StoreError: No version is named, the store does not have it, or one of its files is damaged.
    """
    name, version = split_reference(request.model)
    context.project.require_folder(name)
    if version is None:
        raise StoreError(f"model {name!r}", "no version is named", f"Write {name}@VERSION; see `pilotlight models`.")
    lock = Lock(version, _read_sound_version(name, version, context)[1])
    write_lock(context.project.folder(name) / LOCK_NAME, lock)
    return lock


def _read_sound_version(name: str, version: str, context: Context) -> tuple[Manifest, str]:
    """Return the manifest of a version and its digest; StoreError where one of the files is not the published one."""
    manifest, digest = context.store.read_manifest(name, version)
    context.store.require_sound(manifest, report_reading(manifest, context.progress))
    return manifest, digest


def _pinned_version(name: str, context: Context) -> str:
    lock = context.project.read_lock(name)
    if lock is None:
        raise StoreError(f"model {name!r}", "is not pinned", f"Run `pilotlight train {name}` or name a version.")
    return lock.version
