"""Which version of which model a person means by NAME or NAME@VERSION."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.core.project import Project
from pilotlight.workflows.context import Context


class ModelVersion(NamedTuple):
    """One version of a model.

    Attributes:
        name: The model.
        lock: The version, and the sha256 of its manifest.
    """

    name: str
    lock: Lock


def split_reference(reference: str) -> tuple[str, str | None]:
    """Split NAME@VERSION into its parts; the version is None in a plain NAME."""
    name, _, version = reference.partition("@")
    return name, version or None


def find_version(reference: str, context: Context) -> ModelVersion:
    """Find the version that a person names, or the pinned one where they name none.

    Args:
        reference: NAME or NAME@VERSION.
        context: The project and its store.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The version is not in the store, or the model is not pinned.
    """
    name, version = split_reference(reference)
    context.project.require_folder(name)
    if version is None:
        return ModelVersion(name, find_pins(context.project, [name])[name])
    return ModelVersion(name, Lock(version, context.store.read_manifest(name, version)[1]))


def find_pins(project: Project, names: Iterable[str]) -> dict[str, Lock]:
    """Return the pin of each model.

    Args:
        project: The project that holds the models.
        names: Models; every pinned model where it is empty.

    Raises:
        StoreError: A model is not pinned, or the project has no pinned model.
    """
    pins = project.read_locks()
    wanted = list(names) or list(pins)
    if not wanted:
        hint = "Run `pilotlight train NAME` or `pilotlight import FILE.onnx --name NAME` first."
        raise StoreError(str(project.root), "has no pinned model, so there is nothing to serve", hint)
    for name in wanted:
        if name not in pins:
            hint = f"Run `pilotlight train {name}`, or `pilotlight pin {name}@VERSION`."
            raise StoreError(f"model {name!r}", "is not pinned, so there is no version to serve", hint)
    return {name: pins[name] for name in wanted}
