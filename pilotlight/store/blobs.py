"""The storage that a store needs. A folder and an S3 prefix both implement it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Named blobs that are written once. Names are relative, with / between their parts."""

    @property
    def location(self) -> str:
        """The folder or the s3:// address, for messages."""

    def put_file(self, name: str, source: Path) -> bool:
        """Store the content of a file, unless the name exists. A reader sees all of it or nothing.

        Args:
            name: The name of the blob.
            source: The file.

        Returns:
            Whether it was stored; False where the name exists.
        """

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Store content from memory, as `put_file` does."""

    def get_bytes(self, name: str) -> bytes | None:
        """Return the content of a blob; None where it does not exist."""

    def get_file(self, name: str, target: Path) -> bool:
        """Write the content of a blob to a file.

        Returns:
            Whether the blob exists.
        """

    def read_chunks(self, name: str) -> Iterator[bytes] | None:
        """Return the content of a blob in pieces of at most a few megabytes; None where it does not exist."""

    def has_content(self, name: str, source: Path) -> bool:
        """Return whether a blob exists and has the content of a file."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield every name that begins with `prefix`, sorted."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Return the size in bytes of every blob whose name begins with `prefix`, sorted by name."""

    def list_non_folders(self, folder: str, /) -> Mapping[str, str]:
        """List what stands where blobs need a folder, such as a file or a link that leads nowhere.

        Args:
            folder: A name without a slash at its end.

        Returns:
            What it is, by name: `folder` itself, or names directly below it. A storage without folders has none.
        """

    def replace(self, name: str, source: Path, aside: str) -> bool:
        """Store the content of a file in place of what is there. A reader sees one or the other.

        Only a repair does this, since versions are never changed.

        Args:
            name: The name of the blob, which need not exist.
            source: The file.
            aside: The name under which the former content is kept. Where that name exists, a number is added to it.

        Returns:
            Whether there was former content.
        """

    def move(self, name: str, aside: str) -> bool:
        """Rename a blob, which need not exist. Where the new name exists, a number is added to it.

        In a storage with folders, a folder is renamed with all that it holds, or removed where it is empty.

        Returns:
            Whether something was renamed.
        """

    def remove(self, name: str) -> None:
        """Remove a blob, which need not exist. Versions are never removed; files of a run are."""
