"""Whether the files of a version are those that were published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from pilotlight.core.errors import StoreError
from pilotlight.store.blobs import Blobs
from pilotlight.store.layout import version_key
from pilotlight_runtime.manifest import MANIFEST_NAME, ArtifactFile, Manifest

Report = Callable[[int], object]
"""Takes the number of bytes that were read since the last call."""


class Damage(NamedTuple):
    """What is wrong with one file of a version.

    Attributes:
        name: The file.
        problem: What is wrong with it.
    """

    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name} {self.problem}"


def ignore_bytes(_: int) -> None:
    """Report to nobody."""


def find_damage(blobs: Blobs, manifest: Manifest, report: Report = ignore_bytes) -> tuple[Damage, ...]:
    """Read every file of a version, and compare it with the manifest.

    Args:
        blobs: Where the version is.
        manifest: The manifest of the version.
        report: Is called with each number of bytes that was read.

    Returns:
        The files that are missing, differ, or cannot be read.
    """
    found = []
    for file in manifest.files:
        try:
            problem = check_file(blobs, manifest, file, report)
        except StoreError as error:
            problem = f"cannot be read: {error.what}"
        if problem:
            found.append(Damage(file.name, problem))
    return tuple(found)


def find_non_folder(blobs: Blobs, model: str, version: str) -> tuple[str, str] | None:
    """Find what stands in place of a version's folder or its model's, such as a file.

    Args:
        blobs: Where the version is.
        model: The name of the model.
        version: The version.

    Returns:
        Its name in the store and what it is; None where nothing is in the way.

    Raises:
        StoreError: The store cannot be read.
    """
    found = blobs.list_non_folders(model)
    return next(((name, found[name]) for name in (model, f"{model}/{version}") if name in found), None)


def check_file(blobs: Blobs, manifest: Manifest, file: ArtifactFile, report: Report = ignore_bytes) -> str:
    """Read one file of a version, and compare it with the manifest.

    Args:
        blobs: Where the version is.
        manifest: The manifest of the version.
        file: The file.
        report: Is called with each number of bytes that was read.

    Returns:
        What is wrong with the file; "" where it is the published one.

    Raises:
        StoreError: The file cannot be read.
    """
    chunks = blobs.read_chunks(version_key(manifest.model, manifest.version, file.name))
    if chunks is None:
        return describe_missing()
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        report(len(chunk))
    return describe_difference(file, size) or describe_content(file.sha256, digest.hexdigest())


def describe_missing() -> str:
    """Return the problem of a file that is not there."""
    return f"is missing, but {MANIFEST_NAME} names it"


def describe_difference(file: ArtifactFile, size: int) -> str:
    """Return the problem of a file with another size in bytes than the published one; "" where it has the same."""
    return "" if size == file.size else f"has {size} bytes, published were {file.size}"


def describe_content(wanted: str, found: str) -> str:
    """Return the problem of a file with another SHA-256 than the published one; "" where it has the same."""
    return "" if found == wanted else f"has sha256 {found}, published was {wanted}"
