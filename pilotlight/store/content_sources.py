"""Where a repair finds the content that a version lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pilotlight.core.errors import StoreError
from pilotlight.core.run_files import RUNS
from pilotlight.store.blobs import Blobs
from pilotlight.store.digest import hash_file
from pilotlight_runtime.manifest import MANIFEST_NAME, ArtifactFile


class ContentSource:
    """A place that may hold files of a version: another store, a copy of a version, or a packaged function.

    A file is found by its content, so its name and folder there do not matter.

    Args:
        blobs: The place.
        skip_errors: Whether a file that cannot be read counts as one with other content. So it is for the damaged store
            itself.
    """

    def __init__(self, blobs: Blobs, *, skip_errors: bool = False) -> None:
        self._blobs = blobs
        self._skip_errors = skip_errors

    @property
    def location(self) -> str:
        """The folder or the s3:// address, for messages."""
        return self._blobs.location

    def list_manifests(self, model: str, version: str) -> Iterator[bytes]:
        """Yield the content of every manifest.json that may be that of a version, the likeliest first."""
        names = [name for name in self._list() if name.rpartition("/")[2].startswith(MANIFEST_NAME)]
        for name in sorted(names, key=lambda each: _count_strange_parts(each, model, version)):
            try:
                content = self._blobs.get_bytes(name)
            except StoreError:
                if not self._skip_errors:
                    raise
                continue
            if content is not None:
                yield content

    def copy(self, model: str, version: str, file: ArtifactFile, target: Path) -> bool:
        """Write the content of a file of a version to `target`.

        Args:
            model: The name of the model.
            version: The version.
            file: The file.
            target: The file to write.

        Returns:
            Whether the content was found. Where it was not, `target` is of no use.
        """
        names = [name for name, size in self._list().items() if size == file.size]
        names.sort(key=lambda each: (not each.endswith(file.name), _count_strange_parts(each, model, version)))
        return any(self._copy(name, file, target) for name in names)

    def _copy(self, name: str, file: ArtifactFile, target: Path) -> bool:
        try:
            return self._blobs.get_file(name, target) and hash_file(target) == file.sha256
        except StoreError:
            if not self._skip_errors:
                raise
            return False

    def _list(self) -> Mapping[str, int]:
        """List the place. That of the damaged store changes during a repair, so nothing is kept."""
        return {name: size for name, size in self._blobs.sizes("").items() if not name.startswith(f"{RUNS}/")}


def _count_strange_parts(name: str, model: str, version: str) -> int:
    """Return how unlikely a blob is one of a version: 0 where its name has both the model and the version."""
    return len({model, version}.difference(name.split("/")))
