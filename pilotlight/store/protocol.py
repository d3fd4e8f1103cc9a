"""What a store needs of the place it lies in. A folder and an S3 prefix both have it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Named blobs, each written once. Names are relative, with / between their parts."""

    @property
    def location(self) -> str:
        """The folder or the s3:// address, for messages."""

    def put_file(self, name: str, source: Path) -> bool:
        """Store a file's content under `name` unless something is there; return whether it was stored.

        A reader sees all of it or none of it.
        """

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Store bytes, as put_file does."""

    def get_bytes(self, name: str) -> bytes | None:
        """Return the content of `name`; None where there is none."""

    def get_file(self, name: str, target: Path) -> bool:
        """Write the content of `name` to `target`; return False where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with `prefix`, sorted."""

    def remove(self, name: str) -> None:
        """Remove `name`, which need not be there. Versions are never removed; files of a run are."""
