"""Immutable versions of models, named by their content.

A version is the blobs `<model>/<version>/<file>`. It becomes visible with `<model>/<version>/manifest.json`, which is
written last. Every blob is written only if absent. So a later publication completes one that was killed, and of two
publishers at once, one writes the manifest and the other finds it.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pilotlight.core.artifacts import Candidate, PublishedVersion
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.store.blobs import Blobs
from pilotlight.store.digest import describe_files, hash_file
from pilotlight.store.prefixed_blobs import PrefixedBlobs
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.manifest import MANIFEST_NAME, Graph, ImageInput, Manifest, needed_files
from pilotlight_runtime.manifest_json import VERSION_DIGITS, dump_manifest, load_manifest, version_of

_VERSION: Final = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}")


class Store:
    """A store of versions.

    Args:
        blobs: Where the versions are.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    @property
    def location(self) -> str:
        """The folder or the s3:// address, for messages."""
        return self._blobs.location

    def open_prefix(self, prefix: str) -> Blobs:
        """Return the blobs below a prefix beside the versions, such as the files of a run."""
        return PrefixedBlobs(self._blobs, prefix)

    def publish(
        self,
        model: str,
        candidate: Candidate,
        *,
        image: ImageInput | None,
        metrics: Mapping[str, Any],
        parity: Mapping[str, Any],
        provenance: Mapping[str, Any],
    ) -> PublishedVersion:
        """Store the files of a candidate as a version of a model.

        Where the same content exists already, nothing is written and the manifest of the first publication is returned.

        Args:
            model: The name of the model.
            candidate: The verified candidate.
            image: [image] of model.toml; None where the model takes no images.
            metrics: The metrics of the source model by name.
            parity: The report of the gate.
            provenance: The origin of the model. "created", an ISO 8601 time in UTC, orders the versions.

        Returns:
            The version.

        Raises:
            StoreError: The store cannot be written, or the candidate lacks a graph or an asset.
        """
        files = describe_files(candidate.folder)
        facts = (dict(metrics), dict(parity), dict(provenance))
        graphs = tuple(Graph(name, part.signature, part.loading) for name, part in candidate.parts.items())
        choices = (candidate.loading, graphs, candidate.assets)
        wanted = Manifest(model, "", candidate.signature, files, image, *facts, *choices)
        _check_files(wanted, candidate.folder)
        version = version_of(wanted)
        wanted = wanted._replace(version=version)
        raw = _dump(wanted)  # before anything is written, since it may raise
        new = self._blobs.get_bytes(_key(model, version, MANIFEST_NAME)) is None
        if new:
            for file in files:
                self._blobs.put_file(_key(model, version, file.name), candidate.folder / file.name)
            new = self._blobs.put_bytes(_key(model, version, MANIFEST_NAME), raw)
        manifest, digest = self.read_manifest(model, version)
        return PublishedVersion(manifest, digest, new)

    def list_versions(self, model: str) -> list[Manifest]:
        """Return the manifest of every version of a model, the oldest first.

        Args:
            model: The name of the model.

        Raises:
            StoreError: A manifest is damaged.
        """
        return sorted(
            (self.read_manifest(model, version)[0] for version in self._list_version_names(model)),
            key=lambda manifest: (str(manifest.provenance.get("created", "")), manifest.version),
        )

    def read_manifest(self, model: str, version: str) -> tuple[Manifest, str]:
        """Read the manifest of a version.

        Args:
            model: The name of the model.
            version: The version.

        Returns:
            The manifest, and the SHA-256 of its manifest.json.

        Raises:
            StoreError: The version is missing or damaged.
        """
        raw = self._blobs.get_bytes(_key(model, version, MANIFEST_NAME)) if _VERSION.fullmatch(version) else None
        if raw is None:
            raise self._missing_error(model, version)
        try:
            manifest = load_manifest(raw)
        except ManifestError as error:
            raise self._damaged_error(model, version, str(error)) from error
        content = version_of(manifest)
        if (manifest.model, manifest.version, content) != (model, version, version):
            raise self._damaged_error(
                model, version, f"{MANIFEST_NAME} is that of {manifest.model}@{manifest.version}, its content {content}"
            )
        return manifest, hashlib.sha256(raw).hexdigest()

    def fetch(self, model: str, lock: Lock, into: Path) -> Manifest:
        """Copy the pinned version into a folder, its manifest.json last.

        All files are fetched to a temporary folder and checked first. So `into` never holds a file that differs from
        the published one.

        Args:
            model: The name of the model.
            lock: The pin.
            into: The folder. It is created where it does not exist.

        Returns:
            The manifest.

        Raises:
            StoreError: The version is missing, damaged, or not the pinned one.
        """
        manifest, digest = self.read_manifest(model, lock.version)
        if digest != lock.manifest_sha256:
            raise StoreError(
                f"{model}@{lock.version}",
                f"{MANIFEST_NAME} in {self.location} has sha256 {digest}, but the lock pins {lock.manifest_sha256}",
                f"If you trust this store, run `pilotlight pin {model}@{lock.version}` to pin its content.",
            )
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as aside:
            digests = {file.name: file.sha256 for file in manifest.files} | {MANIFEST_NAME: digest}
            for name, sha256 in digests.items():
                self._fetch_file(manifest, name, sha256, Path(aside) / name)
            for name in digests:
                (into / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(aside) / name).replace(into / name)
        return manifest

    def _fetch_file(self, manifest: Manifest, name: str, sha256: str, target: Path) -> None:
        model, version = manifest.model, manifest.version
        target.parent.mkdir(parents=True, exist_ok=True)
        if not self._blobs.get_file(_key(model, version, name), target):
            raise self._damaged_error(model, version, f"{name} is missing, but {MANIFEST_NAME} names it")
        if (found := hash_file(target)) != sha256:
            raise self._damaged_error(model, version, f"{name} has sha256 {found}, published was {sha256}")

    def _list_version_names(self, model: str) -> list[str]:
        names = (name.split("/") for name in self._blobs.names(f"{model}/"))
        return [parts[1] for parts in names if len(parts) == 3 and parts[2] == MANIFEST_NAME]

    def _missing_error(self, model: str, version: str) -> StoreError:
        there = ", ".join(self._list_version_names(model)) or "none"
        return StoreError(
            f"{model}@{version}",
            f"is not in the store {self.location} (versions of {model} there: {there})",
            f"Run `pilotlight train {model}` to publish one, `pilotlight pin {model}@VERSION` to pin another,"
            " or point PILOTLIGHT_STORE at the store that has it.",
        )

    def _damaged_error(self, model: str, version: str, what: str) -> StoreError:
        return StoreError(
            f"{model}@{version} in {self.location}",
            f"is damaged: {what}",
            f"Delete {self.location}/{model}/{version}, then run `pilotlight train {model}` or import it again.",
        )


def _key(model: str, version: str, name: str) -> str:
    return f"{model}/{version}/{name}"


def _check_files(manifest: Manifest, folder: Path) -> None:
    names = {file.name for file in manifest.files}
    needed = needed_files(manifest)
    if not names.issuperset(needed) or MANIFEST_NAME in names:
        raise StoreError(
            f"model {manifest.model!r}",
            f"cannot be published from {folder}: it must hold {', '.join(needed)} and no {MANIFEST_NAME}",
            "Convert or import the model again.",
        )


def _dump(manifest: Manifest) -> bytes:
    try:
        return dump_manifest(manifest)
    except ValueError as error:
        raise StoreError(
            f"model {manifest.model!r}",
            f"has metrics or parity figures that are not finite numbers ({error})",
            "Look at the training curve, and train the model again.",
        ) from error
