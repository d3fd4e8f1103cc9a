"""Restores the published content of damaged versions.

What is published never changes: a file is only replaced by content with the SHA-256 that the manifest states, and the
manifest by one whose content gives the version's name (and, for a pinned version, has the digest in the lock). Each
replacement is one step, the manifest comes last, and damaged content is kept below .damaged/. So a repair that was
killed can be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.errors import StoreError
from pilotlight.store.blobs import Blobs
from pilotlight.store.content_sources import ContentSource
from pilotlight.store.integrity import Damage, check_file, find_non_folder
from pilotlight.store.layout import aside_folder_key, aside_key, version_key
from pilotlight.store.stored_manifest import parse_manifest
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.manifest import MANIFEST_NAME, ArtifactFile, Manifest


class Restored(NamedTuple):
    """A file that has its published content again.

    Attributes:
        name: The file.
        source: Where the content was found.
    """

    name: str
    source: str


class Repair(NamedTuple):
    """What a repair did to one version.

    Attributes:
        model: The name of the model.
        version: The version.
        restored: The files that have their published content again.
        lost: The files whose content was not found. What was there is below .damaged/ in the store.
        manifest: The manifest of the version; None where none was found.
        aside: The prefix in the store below which this repair keeps damaged content; "" where there was none.
        absent: Whether the store had nothing of the version, and no source its manifest.
    """

    model: str
    version: str
    restored: tuple[Restored, ...] = ()
    lost: tuple[Damage, ...] = ()
    manifest: Manifest | None = None
    aside: str = ""
    absent: bool = False


class VersionRepair:
    """Repairs one version of a model.

    Args:
        blobs: The storage of the store.
        model: The name of the model.
        version: The version.
        sources: Where content is looked for, the likeliest first.
        folder: An empty folder for files on their way.
        pinned_sha256: The digest of the manifest that the lock pins; "" where the version is not pinned.
    """

    def __init__(
        self,
        blobs: Blobs,
        model: str,
        version: str,
        sources: Sequence[ContentSource],
        folder: Path,
        *,
        pinned_sha256: str = "",
    ) -> None:
        self._blobs = blobs
        self._model = model
        self._version = version
        self._sources = sources
        self._temporary = folder / "content"
        self._pinned = pinned_sha256
        self._aside = ""

    def run(self, *, set_unfinished_aside: bool = False) -> Repair:
        """Repair the version. What stands in place of its folder or its model's is moved to .damaged/ first.

        Args:
            set_unfinished_aside: Whether the files of a version without a manifest are moved to .damaged/, where no
                manifest is found. A publication that is under way has none yet, so a person must ask for it.

        Returns:
            What was done. Nothing is restored or lost where the version is sound.

        Raises:
            StoreError: The store or a source cannot be read, or the store cannot be written.
        """
        obstacle = self._move_non_folder()
        repair = self._repair(set_unfinished_aside=set_unfinished_aside)._replace(aside=self._aside)
        if repair.manifest is None and obstacle is not None:
            return repair._replace(lost=(obstacle,), absent=False)
        return repair

    def _move_non_folder(self) -> Damage | None:
        """Move what stands in place of a folder to .damaged/, and return what it was. None where nothing does."""
        found = find_non_folder(self._blobs, self._model, self._version)
        if found is None:
            return None
        name, problem = found
        self._blobs.move(name, aside_folder_key(name))
        self._aside = aside_key(name)
        return Damage("the model's folder" if name == self._model else "the version's folder", problem)

    def _repair(self, *, set_unfinished_aside: bool) -> Repair:
        try:
            raw = self._blobs.get_bytes(self._key(MANIFEST_NAME))
        except StoreError as error:
            return self._restore_unreadable(f"cannot be read: {error.what}")
        manifest, problem = self._read_manifest(raw)
        if manifest is not None and not problem:
            return self._restore_files(manifest)
        found = self._find_manifest()
        if found is not None:
            return self._restore_version(*found)
        if manifest is not None:  # of this version, but not the pinned one: its files are what they must be
            repair = self._restore_files(manifest)
            return repair._replace(lost=(*repair.lost, Damage(MANIFEST_NAME, problem)))
        self._move_aside(MANIFEST_NAME)
        if raw is None and set_unfinished_aside:
            self._move_version_aside()
        absent = raw is None and set_unfinished_aside and not self._aside
        return Repair(self._model, self._version, lost=(Damage(MANIFEST_NAME, problem),), absent=absent)

    def _restore_unreadable(self, problem: str) -> Repair:
        """Repair a version whose manifest cannot be read. It stays, since a person may make it readable."""
        found = self._find_manifest()
        if found is not None:
            return self._restore_version(*found)
        return Repair(self._model, self._version, lost=(Damage(MANIFEST_NAME, problem),))

    def _restore_version(self, content: bytes, manifest: Manifest, source: str) -> Repair:
        repair = self._restore_files(manifest)
        if repair.lost:
            return repair
        self._temporary.write_bytes(content)
        self._replace(MANIFEST_NAME)
        return repair._replace(restored=(*repair.restored, Restored(MANIFEST_NAME, source)))

    def _restore_files(self, manifest: Manifest) -> Repair:
        restored: list[Restored] = []
        lost: list[Damage] = []
        for file in manifest.files:
            problem, readable = self._check_file(manifest, file)
            if not problem:
                continue
            found = (each for each in self._sources if each.copy(self._model, self._version, file, self._temporary))
            source = next(found, None)
            if source is None:
                if readable:  # otherwise it may be the right file, which a person can make readable
                    self._move_aside(file.name)
                lost.append(Damage(file.name, problem))
            else:
                self._replace(file.name)
                restored.append(Restored(file.name, source.location))
        return Repair(self._model, self._version, tuple(restored), tuple(lost), manifest)

    def _check_file(self, manifest: Manifest, file: ArtifactFile) -> tuple[str, bool]:
        """Return what is wrong with a file ("" where nothing is), and whether the file could be read."""
        try:
            return check_file(self._blobs, manifest, file), True
        except StoreError as error:
            return f"cannot be read: {error.what}", False

    def _find_manifest(self) -> tuple[bytes, Manifest, str] | None:
        """Return the published manifest, its content first, and where it was found; None where it was not."""
        for source in self._sources:
            for raw in source.list_manifests(self._model, self._version):
                manifest, problem = self._read_manifest(raw)
                if manifest is not None and not problem:
                    return raw, manifest, source.location
        return None

    def _read_manifest(self, raw: bytes | None) -> tuple[Manifest | None, str]:
        """Return the manifest if it is one of this version, and why it is not the published one; "" where it is."""
        if raw is None:
            return None, "is missing"
        try:
            manifest = parse_manifest(raw, self._model, self._version)
        except ManifestError as error:
            return None, f"is damaged: it {str(error).removeprefix(MANIFEST_NAME).strip()}"
        pinned = not self._pinned or hashlib.sha256(raw).hexdigest() == self._pinned
        return manifest, "" if pinned else "is another one than model.lock pins"

    def _replace(self, name: str) -> None:
        self._note(kept=self._blobs.replace(self._key(name), self._temporary, aside_key(self._key(name))))

    def _move_aside(self, name: str) -> None:
        self._note(kept=self._blobs.move(self._key(name), aside_key(self._key(name))))

    def _move_version_aside(self) -> None:
        whole = self._key("").rstrip("/")
        # A folder goes as a whole, with what no listing shows, such as links that lead nowhere.
        self._note(kept=self._blobs.move(whole, aside_key(whole)))
        for name in self._blobs.sizes(self._key("")):
            self._note(kept=self._blobs.move(name, aside_key(name)))

    def _note(self, *, kept: bool) -> None:
        if kept and not self._aside:
            self._aside = aside_key(self._key("").rstrip("/"))

    def _key(self, name: str) -> str:
        return version_key(self._model, self._version, name)
