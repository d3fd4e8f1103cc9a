"""models, show, pin: the versions in the store, and the one that is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilotlight.core.errors import StoreError
from pilotlight.core.learning_curve import LearningCurve, read_learning_curve
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.workflows.context import Context
from pilotlight.workflows.model_versions import split_reference
from pilotlight_runtime.manifest import Manifest


@dataclass(frozen=True)
class ModelVersions:
    """One model and its versions.

    Attributes:
        name: The model.
        pinned: The version that is packaged and served; None where no version is pinned.
        versions: The versions in the store, the oldest first.
    """

    name: str
    pinned: str | None
    versions: tuple[Manifest, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the model for JSON: its name, its pin, and each version's metrics, size in bytes and parity."""
        return {
            "name": self.name,
            "pinned": self.pinned,
            "versions": [
                {
                    "version": manifest.version,
                    "metrics": manifest.metrics,
                    "bytes": sum(file.size for file in manifest.files),
                    "parity": manifest.parity,
                }
                for manifest in self.versions
            ],
        }


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
    """List the project's models, sorted by name, with every version in the store.

    Raises:
        StoreError: The store cannot be read, or a manifest in it is damaged.
    """
    project, store = context.project, context.store
    versions = {name: store.list_versions(name) for name in project.list_models()}
    pins = project.read_locks()
    return [
        ModelVersions(name, pins[name].version if name in pins else None, tuple(manifests))
        for name, manifests in versions.items()
    ]


def show_model(request: ShowRequest, context: Context) -> Manifest:
    """Read the manifest of one version.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The version is not in the store, or no version is named and none is pinned.
    """
    name, version = split_reference(request.model)
    context.project.require_folder(name)
    return context.store.read_manifest(name, version or _pinned_version(name, context))[0]


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
        StoreError: No version is named, or the store does not have it.
    """
    name, version = split_reference(request.model)
    context.project.require_folder(name)
    if version is None:
        raise StoreError(f"model {name!r}", "no version is named", f"Write {name}@VERSION; see `pilotlight models`.")
    lock = Lock(version, context.store.read_manifest(name, version)[1])
    write_lock(context.project.folder(name) / LOCK_NAME, lock)
    return lock


def _pinned_version(name: str, context: Context) -> str:
    lock = context.project.read_lock(name)
    if lock is None:
        raise StoreError(f"model {name!r}", "is not pinned", f"Run `pilotlight train {name}` or name a version.")
    return lock.version
