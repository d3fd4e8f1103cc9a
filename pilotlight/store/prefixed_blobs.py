"""The blobs below a prefix, as a storage of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pilotlight.store.blobs import Blobs


class PrefixedBlobs:
    """The blobs whose names begin with a prefix. Their names here leave the prefix out.

    Args:
        blobs: The storage.
        prefix: The prefix.
    """

    def __init__(self, blobs: Blobs, prefix: str) -> None:
        self._blobs = blobs
        self._prefix = f"{prefix.strip('/')}/"

    @property
    def location(self) -> str:
        """The address of the prefix, for messages."""
        return f"{self._blobs.location}/{self._prefix}".rstrip("/")

    def put_file(self, name: str, source: Path) -> bool:
        """See Blobs."""
        return self._blobs.put_file(self._prefix + name, source)

    def put_bytes(self, name: str, content: bytes) -> bool:
        """See Blobs."""
        return self._blobs.put_bytes(self._prefix + name, content)

    def get_bytes(self, name: str) -> bytes | None:
        """See Blobs."""
        return self._blobs.get_bytes(self._prefix + name)

    def get_file(self, name: str, target: Path) -> bool:
        """See Blobs."""
        return self._blobs.get_file(self._prefix + name, target)

    def read_chunks(self, name: str) -> Iterator[bytes] | None:
        """See Blobs."""
        return self._blobs.read_chunks(self._prefix + name)

    def has_content(self, name: str, source: Path) -> bool:
        """See Blobs."""
        return self._blobs.has_content(self._prefix + name, source)

    def names(self, prefix: str) -> Iterator[str]:
        """See Blobs."""
        return (name.removeprefix(self._prefix) for name in self._blobs.names(self._prefix + prefix))

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """See Blobs."""
        found = self._blobs.sizes(self._prefix + prefix)
        return {name.removeprefix(self._prefix): size for name, size in found.items()}

    def list_non_folders(self, folder: str, /) -> Mapping[str, str]:
        """See Blobs."""
        found = self._blobs.list_non_folders(self._prefix + folder)
        return {name.removeprefix(self._prefix): kind for name, kind in found.items()}

    def replace(self, name: str, source: Path, aside: str) -> bool:
        """See Blobs."""
        return self._blobs.replace(self._prefix + name, source, self._prefix + aside)

    def move(self, name: str, aside: str) -> bool:
        """See Blobs."""
        return self._blobs.move(self._prefix + name, self._prefix + aside)

    def remove(self, name: str) -> None:
        """See Blobs."""
        self._blobs.remove(self._prefix + name)
