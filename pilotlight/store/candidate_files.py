"""What is checked of a candidate before any of it is written to a store."""

from pathlib import Path

from pilotlight.core.errors import StoreError
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest, needed_files
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
