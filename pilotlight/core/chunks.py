"""Content that is read in pieces, so that it need not fit into memory."""

from collections.abc import Iterable
from pathlib import Path


def is_file_content(chunks: Iterable[bytes], source: Path) -> bool:
    """Return whether pieces together are the content of a file.

    Args:
        chunks: The pieces in their order.
        source: The file.
    """
    with source.open("rb") as file:
        return all(chunk == file.read(len(chunk)) for chunk in chunks) and not file.read(1)
