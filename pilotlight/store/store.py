"""Immutable versions of models, named by their content.

A version is the blobs `<model>/<version>/<file>`. It becomes visible with `<model>/<version>/manifest.json`, which is
written last. Every blob is written only if absent. So a later publication completes one that was killed, and of two
publishers at once, one writes the manifest and the other finds it. A blob that is there already must have the content
that is published: what differs is damaged, and only a repair replaces it (see repair.py).
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pilotlight.core.artifacts import Candidate, PublishedVersion
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.store.blobs import Blobs
from pilotlight.store.candidate_files import check_candidate, dump_new_manifest, put_files
from pilotlight.store.content_sources import ContentSource
from pilotlight.store.digest import describe_files
from pilotlight.store.errors import build_damage_error, build_missing_error, build_unfinished_error
from pilotlight.store.fetching import fetch_files
from pilotlight.store.integrity import Damage, Report, find_damage, find_non_folder, ignore_bytes
from pilotlight.store.layout import aside_folder_key, aside_key, is_version, version_key
from pilotlight.store.prefixed_blobs import PrefixedBlobs
from pilotlight.store.repair import Repair, VersionRepair
from pilotlight.store.stored_manifest import parse_manifest
from pilotlight.store.survey import Survey, group_by_folder, take_survey
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.manifest import MANIFEST_NAME, Graph, ImageInput, Manifest
from pilotlight_runtime.manifest_json import version_of


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
        ranges: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> PublishedVersion:
        """Store the files of a candidate as a version of a model.

        Where the same content exists already, nothing is written and the manifest of the first publication is returned.
        Files that are missing there are completed.

        Args:
            model: The name of the model.
            candidate: The verified candidate.
            image: [image] of model.toml; None where the model takes no images.
            metrics: The metrics of the source model by name.
            parity: The report of the gate.
            provenance: The origin of the model. "created", an ISO 8601 time in UTC, orders the versions.
            ranges: The values that inputs take, see conversion/input_ranges.py; None where none is known.
            stream: `stream` of model.toml: whether HTTP answers are sent while they are made.

        Returns:
            The version.

        Raises:
            StoreError: The store cannot be written, the candidate lacks a graph or an asset, or the store holds other
                content under the name of one of the files.
        """
        files = describe_files(candidate.folder)
        facts = (dict(metrics), dict(parity), dict(provenance))
        graphs = tuple(Graph(name, part.signature, part.loading) for name, part in candidate.parts.items())
        choices = (candidate.loading, graphs, candidate.assets)
        wanted = Manifest(model, "", candidate.signature, files, image, *facts, *choices, stream=stream)
        check_candidate(wanted, candidate.folder)
        version = version_of(wanted)
        wanted = wanted._replace(version=version, ranges=dict(ranges) if ranges else None)
        raw = dump_new_manifest(wanted)  # before anything is written, since it may raise
        self._require_folders(model, version)
        there = self._blobs.sizes(version_key(model, version))
        if version_key(model, version, MANIFEST_NAME) in there:
            self.read_manifest(model, version)  # raises where it is damaged
        put_files(self._blobs, wanted, candidate.folder, there)
        new = self._blobs.put_bytes(version_key(model, version, MANIFEST_NAME), raw)
        manifest, digest = self.read_manifest(model, version)
        return PublishedVersion(manifest, digest, new)

    def survey(self, model: str) -> Survey:
        """List what the store holds of a model. Nothing that is damaged hides the rest.

        Args:
            model: The name of the model.

        Raises:
            StoreError: The store cannot be listed.
        """
        sizes, non_folders = self._blobs.sizes(f"{model}/"), self._blobs.list_non_folders(model)
        return take_survey(model, sizes, non_folders, lambda version: self.read_manifest(model, version)[0])

    def clear_folder(self, model: str) -> Repair:
        """Move aside what stands in place of a model's folder, such as a file. Then versions can be published again.

        Args:
            model: The name of the model.

        Returns:
            What was moved, as lost content of a version without a name.

        Raises:
            StoreError: The store cannot be written.
        """
        problem = self._blobs.list_non_folders(model).get(model)
        if problem is None or not self._blobs.move(model, aside_folder_key(model)):
            return Repair(model, "")
        return Repair(model, "", lost=(Damage("the model's folder", problem),), aside=aside_key(model))

    def find_damage(self, manifest: Manifest, report: Report = ignore_bytes) -> tuple[Damage, ...]:
        """Read every file of a version, and return those that are not the published ones.

        Args:
            manifest: The manifest of the version.
            report: Is called with each number of bytes that was read.
        """
        return find_damage(self._blobs, manifest, report)

    def require_sound(self, manifest: Manifest, report: Report = ignore_bytes) -> None:
        """Read every file of a version.

        Args:
            manifest: The manifest of the version.
            report: Is called with each number of bytes that was read.

        Raises:
            StoreError: A file is not the published one. The message names it and `pilotlight repair`.
        """
        damage = self.find_damage(manifest, report)
        if damage:
            what = "; ".join(map(str, damage))
            raise build_damage_error(manifest.model, manifest.version, self.location, what)

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
        raw = self._blobs.get_bytes(version_key(model, version, MANIFEST_NAME)) if is_version(version) else None
        if raw is None:
            raise self._build_absence_error(model, version)
        try:
            manifest = parse_manifest(raw, model, version)
        except ManifestError as error:
            raise build_damage_error(model, version, self.location, str(error)) from error
        return manifest, hashlib.sha256(raw).hexdigest()

    def read_file(self, manifest: Manifest, name: str) -> bytes:
        """Read one small file of a version.

        Args:
            manifest: The manifest of the version.
            name: The file, as the manifest names it.

        Returns:
            The published content.

        Raises:
            StoreError: The file is missing or is not the published one.
        """
        wanted = {file.name: file.sha256 for file in manifest.files}.get(name)
        raw = self._blobs.get_bytes(version_key(manifest.model, manifest.version, name)) if wanted else None
        if raw is None or hashlib.sha256(raw).hexdigest() != wanted:
            what = f"{name} is {'missing' if raw is None else 'not the published file'}"
            raise build_damage_error(manifest.model, manifest.version, self.location, what)
        return raw

    def open_source(self) -> ContentSource:
        """Return the store itself as a place where a repair finds content, such as files that were swapped."""
        return ContentSource(self._blobs, skip_errors=True)

    def repair_version(
        self,
        model: str,
        version: str,
        sources: Sequence[ContentSource],
        folder: Path,
        *,
        pinned_sha256: str = "",
        set_unfinished_aside: bool = False,
    ) -> Repair:
        """Give the files of a version their published content again.

        Args:
            model: The name of the model.
            version: The version.
            sources: Where content is looked for, the likeliest first.
            folder: An empty folder for files on their way.
            pinned_sha256: The digest of the manifest that the lock pins; "" where the version is not pinned.
            set_unfinished_aside: See VersionRepair.run.

        Returns:
            What was restored and what was not found.

        Raises:
            StoreError: The version cannot exist, the store or a source cannot be read, or the store cannot be written.
                If `set_unfinished_aside`: neither the store nor a source has anything of the version.
        """
        if not is_version(version):
            raise self._build_absence_error(model, version)
        repair = VersionRepair(self._blobs, model, version, sources, folder, pinned_sha256=pinned_sha256)
        done = repair.run(set_unfinished_aside=set_unfinished_aside)
        if done.absent:
            raise self._build_absence_error(model, version)
        return done

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
                f"If you trust this store, run `pilotlight pin {model}@{lock.version}` to pin its content."
                f" Else run `pilotlight repair {model}@{lock.version} --from PLACE` with a place that has it.",
            )
        fetch_files(self._blobs, manifest, digest, into)
        return manifest

    def _build_absence_error(self, model: str, version: str) -> StoreError:
        if is_version(version):
            self._require_folders(model, version)
        groups = group_by_folder(self._blobs.sizes(f"{model}/"), f"{model}/")
        if version in groups and is_version(version):
            return build_unfinished_error(model, version, self.location)
        there = [name for name, sizes in groups.items() if is_version(name) and MANIFEST_NAME in sizes]
        return build_missing_error(model, version, self.location, there)

    def _require_folders(self, model: str, version: str) -> None:
        """Raise StoreError where a file, or a link that leads nowhere, stands in place of a version's folders."""
        found = find_non_folder(self._blobs, model, version)
        if found is not None:
            what = f"{found[0]} there {found[1]}"
            raise build_damage_error(model, version, self.location, what, "Then run this command again.")
