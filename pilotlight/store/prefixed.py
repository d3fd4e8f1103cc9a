"""The blobs below a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pilotlight.store.protocol import Blobs


class PrefixedBlobs:
    """The blobs of `blobs` whose names begin with `prefix`, under the rest of their names."""

    def __init__(self, blobs: Blobs, prefix: str) -> None:
        self._blobs = blobs
        self._prefix = f"{prefix.strip('/')}/"

    @property
    def location(self) -> str:
        return f"{self._blobs.location}/{self._prefix}".rstrip("/")

    def put_file(self, name: str, source: Path) -> bool:
        return self._blobs.put_file(self._prefix + name, source)

    def put_bytes(self, name: str, content: bytes) -> bool:
        return self._blobs.put_bytes(self._prefix + name, content)

    def get_bytes(self, name: str) -> bytes | None:
        return self._blobs.get_bytes(self._prefix + name)

    def get_file(self, name: str, target: Path) -> bool:
        return self._blobs.get_file(self._prefix + name, target)

    def names(self, prefix: str) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._blobs.names(self._prefix + prefix))

    def remove(self, name: str) -> None:
        self._blobs.remove(self._prefix + name)
