"""Zip archives from outside: what an archive promises is checked before any of its entries is read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

from pilotlight.core.outside import MEBIBYTE, Origin
from pilotlight.core.printable import name_of, shorten

_MAX_ENTRIES: Final = 50_000
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What numpy and Keras write. LZMA may ask for a dictionary of 4 GiB."""
_FREE_BYTES: Final = 256 * MEBIBYTE
_MAX_RATIO: Final = 1_000
"""Deflate packs equal bytes to a 1,030th. Only an archive that is made to fill a memory does so with hundreds of MB."""
_ENCRYPTED: Final = 1
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
)
"""What zipfile raises for archives that are damaged or use what it does not know."""


@contextmanager
def open_archive(file: BinaryIO, kind: str, most: int, origin: Origin) -> Iterator[zipfile.ZipFile]:
    """Open an archive. Inside the block, what zipfile raises for a damaged archive becomes an error of `origin`.

    Args:
        file: The file.
        kind: What the file should be, such as "an .npz file".
        most: The most bytes of all entries together, decompressed.
        origin: Its name, for errors.

    Yields:
        The archive. Its entries have different names, are not encrypted, and promise at most `most` bytes.

    Raises:
        UserError: The archive is damaged, or promises too much; of the class that `origin` names.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_entries(archive.infolist(), kind, most, origin)
            yield archive
    except MemoryError as error:
        raise origin.refuse("needs more memory than is free") from error
    except _DAMAGED as error:
        reason = shorten(str(error) or type(error).__name__, 120)
        raise origin.refuse(f"cannot be read as {kind} ({reason})") from error


def _check_entries(entries: Sequence[zipfile.ZipInfo], kind: str, most: int, origin: Origin) -> None:
    if len(entries) > _MAX_ENTRIES:
        raise origin.refuse(f"holds {len(entries):,} entries; the limit is {_MAX_ENTRIES:,}")
    names: set[str] = set()
    for entry in entries:
        name = name_of(entry.filename)
        if entry.filename in names:
            raise origin.refuse(f"holds two entries of the name {name!r}")
        if entry.flag_bits & _ENCRYPTED:
            raise origin.refuse(f"cannot be read as {kind} ({name} is encrypted)")
        if entry.compress_type not in _METHODS:
            raise origin.refuse(f"cannot be read as {kind} ({name} is compressed by a method other than deflate)")
        if entry.file_size > max(_MAX_RATIO * entry.compress_size, _FREE_BYTES):
            what = f"holds {name} of {entry.file_size:,} bytes, compressed into {entry.compress_size:,}"
            raise origin.error(origin.where, what, "Save such data without compression.")
        names.add(entry.filename)
    total = sum(entry.file_size for entry in entries)
    if total > most:
        raise origin.refuse(f"holds {total:,} bytes; the limit is {most:,}")
