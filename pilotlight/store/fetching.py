"""Copies a version out of a store, as it was published."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pilotlight.store.blobs import Blobs
from pilotlight.store.digest import hash_file
from pilotlight.store.errors import build_damage_error
from pilotlight.store.integrity import Damage, describe_content, describe_missing
from pilotlight.store.layout import version_key
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest


def fetch_files(blobs: Blobs, manifest: Manifest, manifest_sha256: str, into: Path) -> None:
    """Copy the files of a version into a folder, its manifest.json last.

    All files are fetched to a temporary folder and checked first. So `into` never holds a file that differs from the
    published one.

    Args:
        blobs: Where the version is.
        manifest: The manifest of the version.
        manifest_sha256: The SHA-256 of its manifest.json.
        into: The folder. It is created where it does not exist.

    Raises:
        StoreError: A file is missing or differs.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as aside:
        digests = {file.name: file.sha256 for file in manifest.files} | {MANIFEST_NAME: manifest_sha256}
        for name, sha256 in digests.items():
            _fetch_file(blobs, manifest, name, sha256, Path(aside) / name)
        for name in digests:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(aside) / name).replace(into / name)


def _fetch_file(blobs: Blobs, manifest: Manifest, name: str, sha256: str, target: Path) -> None:
    model, version = manifest.model, manifest.version
    target.parent.mkdir(parents=True, exist_ok=True)
    there = blobs.get_file(version_key(model, version, name), target)
    problem = describe_content(sha256, hash_file(target)) if there else describe_missing()
    if problem:
        raise build_damage_error(model, version, blobs.location, str(Damage(name, problem)))
