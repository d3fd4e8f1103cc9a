"""Reads a manifest.json from a store, where anybody may have changed it."""

from __future__ import annotations

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight.store.layout import is_file_name
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest
from pilotlight_runtime.manifest_json import load_manifest, version_of


def parse_manifest(raw: bytes, model: str, version: str) -> Manifest:
    """Parse the manifest of a version.

    Args:
        raw: The content of manifest.json.
        model: The model that it must be of.
        version: The version that it must be of. The content that it states must give this version.

    Returns:
        The manifest.

    Raises:
        ManifestError: The content is something else.
    """
    try:
        parse_object(raw)
    except InvalidDocument as error:
        raise ManifestError(f"{MANIFEST_NAME} {error}") from error
    manifest = load_manifest(raw)
    names = [file.name for file in manifest.files]
    strange = next((name for name in names if not is_file_name(name) or name == MANIFEST_NAME), None)
    if strange is not None or len(set(names)) != len(names):
        raise ManifestError(f"{MANIFEST_NAME} names files that no version has, such as {strange or max(names)!r}")
    content = version_of(manifest)
    if (manifest.model, manifest.version, content) != (model, version, version):
        found = f"{manifest.model[:60]}@{manifest.version[:60]}"
        raise ManifestError(f"{MANIFEST_NAME} is that of {found}, its content {content}")
    return manifest
