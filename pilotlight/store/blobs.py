"""What a store needs of the place it lies in: a folder and an S3 prefix both give it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Named blobs that are written once. Names are relative, with / between their parts."""

    @property
    def location(self) -> str:
        """The folder or the s3:// address, for messages."""

    def put_file(self, name: str, source: Path) -> bool:
        """Stores the file's content under `name` unless something is there; True where it was stored.

        A reader sees all of it or none of it.
        """

    def put_bytes(self, name: str, content: bytes) -> bool:
        """As put_file, from memory."""

    def get_bytes(self, name: str) -> bytes | None:
        """The content of `name`, None where there is none."""

    def get_file(self, name: str, target: Path) -> bool:
        """Writes the content of `name` to `target`; False where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with `prefix`, sorted."""

    def remove(self, name: str) -> None:
        """Removes `name`, which need not be there. Versions are never removed; what a run keeps for itself is."""
