"""What is checked of a candidate before any of it is written to a store, and the writing of its files."""

from collections.abc import Mapping
from pathlib import Path

from pilotlight.core.errors import StoreError
from pilotlight.store.blobs import Blobs
from pilotlight.store.errors import build_damage_error
from pilotlight.store.layout import version_key
from pilotlight_runtime.manifest import MANIFEST_NAME, ArtifactFile, Manifest, needed_files
from pilotlight_runtime.manifest_json import dump_manifest


def check_candidate(manifest: Manifest, folder: Path) -> None:
    """Check that a candidate has the files that serving needs.

    Args:
        manifest: The manifest that is to be published.
        folder: The folder of the candidate.

    Raises:
        StoreError: A graph or an asset is missing, or a file has the name of the manifest.
    """
    names = {file.name for file in manifest.files}
    needed = needed_files(manifest)
    if not names.issuperset(needed) or MANIFEST_NAME in names:
        raise StoreError(
            f"model {manifest.model!r}",
            f"cannot be published from {folder}: it must hold {', '.join(needed)} and no {MANIFEST_NAME}",
            "Convert or import the model again.",
        )


def dump_new_manifest(manifest: Manifest) -> bytes:
    """Return the content of manifest.json; StoreError where a figure is not a finite number."""
    try:
        return dump_manifest(manifest)
    except ValueError as error:
        raise StoreError(
            f"model {manifest.model!r}",
            f"has metrics or parity figures that are not finite numbers ({error})",
            "Look at the training curve, and train the model again.",
        ) from error


def put_files(blobs: Blobs, manifest: Manifest, folder: Path, there: Mapping[str, int]) -> None:
    """Store the files of a version that the store lacks.

    Args:
        blobs: Where the version is stored.
        manifest: The manifest that is to be published.
        folder: The folder of the candidate.
        there: The sizes of the version's blobs that are there already, by name.

    Raises:
        StoreError: The store holds other content under the name of a file. The message names every such file.
    """
    differing = [file.name for file in manifest.files if not _put_file(blobs, manifest, file, folder, there)]
    if differing:
        what = f"{', '.join(differing)} there differs from the file that is published now"
        hint = "Then run this command again."
        raise build_damage_error(manifest.model, manifest.version, blobs.location, what, hint)


def _put_file(blobs: Blobs, manifest: Manifest, file: ArtifactFile, folder: Path, there: Mapping[str, int]) -> bool:
    """Store one file; return whether the store has its content now."""
    key, source = version_key(manifest.model, manifest.version, file.name), folder / file.name
    if key not in there and blobs.put_file(key, source):
        return True
    return blobs.has_content(key, source)
