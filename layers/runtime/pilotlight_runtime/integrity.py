"""Checks a version's files against its manifest: nothing that was not published is opened or run."""

from __future__ import annotations

from pilotlight_runtime.errors import ChecksumMismatch, ManifestError, MissingArtifact
from pilotlight_runtime.manifest import MANIFEST_NAME, WEIGHTS_NAME, ArtifactFile, Manifest, needed_files
from pilotlight_runtime.manifest_json import load_manifest, version_of
from pilotlight_runtime.paths import StrPath, join


def checked_manifest(folder: StrPath) -> Manifest:
    """Reads the manifest and checks all files but `weight_files`, which are checked while the graph opens.

    Args:
        folder: The folder of a packaged version.

    Returns:
        The manifest.

    Raises:
        LoadError: The manifest is wrong, or a file is missing or is not the published one; the message names it.
    """
    manifest = read_manifest(folder)
    later = weight_files(manifest)
    for file in manifest.files:
        if file not in later:
            check_file(folder, file)
    return manifest


def read_manifest(folder: StrPath) -> Manifest:
    """Reads manifest.json of `folder`; ManifestError where it is missing, malformed or not of its own version."""
    path = join(folder, MANIFEST_NAME)
    try:
        with open(path, "rb") as file:
            manifest = load_manifest(file.read())
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror}); package the model again") from error
    content = version_of(manifest)
    if manifest.version != content:
        raise ManifestError(f"{path} says version {manifest.version}, but its content is {content}; package it again")
    names = {file.name for file in manifest.files}
    for name in needed_files(manifest):
        if name not in names:
            raise ManifestError(f"{path} names no {name}; package the model again")
    return manifest


def weight_files(manifest: Manifest) -> tuple[ArtifactFile, ...]:
    """Files of weights. Checking them takes as long as opening the graph, so both happen at the same time.

    It is safe to open a graph before its weights have passed: they are plain numbers, and nothing runs before then.
    """
    if manifest.graphs:
        names = [f"{graph.name}/{WEIGHTS_NAME}" for graph in manifest.graphs if graph.loading]
    elif manifest.loading is not None:
        names = [WEIGHTS_NAME]
    else:
        return ()
    return tuple(file for file in manifest.files if file.name in names)


def check_file(folder: StrPath, file: ArtifactFile) -> None:
    """Raises MissingArtifact or ChecksumMismatch unless `file` lies in `folder` as it was published."""
    from pilotlight_runtime.digest import file_sha256

    path = join(folder, file.name)
    try:
        actual = file_sha256(path, file.size)
    except OSError:
        raise MissingArtifact(path) from None
    if actual != file.sha256:
        raise ChecksumMismatch(path, file.sha256, actual)
