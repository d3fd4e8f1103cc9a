"""Files of named arrays, as numpy.savez writes them.

An archive says how large each entry is, and each entry what its shape needs. Both are compared before anything is
allocated, so that neither a lie nor a highly compressed file fills the memory. Nothing is unpickled.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.npy import MAGIC, InvalidArray, has_invalid_text, read_header
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory
from pilotlight.core.printable import name_of, shorten

MAX_CALL_BYTES: Final = 256 * MEBIBYTE
"""The most bytes of arrays in a file with the samples of one call. Lambda takes 6 MB in a call."""

_MAX_ENTRIES: Final = 50_000
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What numpy writes. LZMA may ask for a dictionary of 4 GiB."""
_MAX_RATIO: Final = 1_000
"""Deflate packs equal bytes to a 1,030th. Only an archive that is made to fill a memory does so with hundreds of MB."""
_ENCRYPTED: Final = 1
_ARCHIVE: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""The start of an archive, and of one without entries."""
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


def read_npz(path: Path, where: str, hint: str, most: int | None = None) -> dict[str, Array]:
    """Read every array of an .npz file. Pickled objects are never loaded.

    Args:
        path: The file.
        where: The name of the file in an error.
        hint: What to do about a wrong file, for an error.
        most: The most bytes of all arrays; None for the memory of this machine.

    Returns:
        The arrays by name.

    Raises:
        DataError: The file is missing, damaged, too large or of another format.
    """
    origin = Origin(where, hint)
    with open_file(path, origin) as file:
        _check_start(file, origin)
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                _check_entries(entries, physical_memory() if most is None else most, origin)
                return {_array_name(entry): _read_array(archive, entry, origin) for entry in entries}
        except MemoryError as error:
            raise origin.refuse("needs more memory than is free") from error
        except _DAMAGED as error:
            reason = shorten(str(error) or type(error).__name__, 120)
            raise origin.refuse(f"cannot be read as an .npz file ({reason})") from error


def _check_start(file: BinaryIO, origin: Origin) -> None:
    start = file.read(len(MAGIC))
    file.seek(0)
    if start == MAGIC:
        raise origin.refuse("is a single array, not an .npz archive")
    if not start:
        raise origin.refuse("cannot be read as an .npz file (it is empty)")
    if not start.startswith(_ARCHIVE):
        raise origin.refuse("contains pickled Python objects, which are never loaded, or is not an .npz file")


def _check_entries(entries: list[zipfile.ZipInfo], most: int, origin: Origin) -> None:
    if len(entries) > _MAX_ENTRIES:
        raise origin.refuse(f"holds {len(entries):,} arrays; the limit is {_MAX_ENTRIES:,}")
    names: set[str] = set()
    for entry in entries:
        name = name_of(entry.filename)
        if not entry.filename.endswith(".npy"):
            raise origin.refuse(f"holds {name!r}, which is no array")
        if entry.filename in names:
            raise origin.refuse(f"holds two arrays of the name {name_of(_array_name(entry))!r}")
        if entry.flag_bits & _ENCRYPTED:
            raise origin.refuse(f"cannot be read as an .npz file ({name} is encrypted)")
        if entry.compress_type not in _METHODS:
            raise origin.refuse(f"cannot be read as an .npz file ({name} is compressed by a method other than deflate)")
        if entry.file_size > max(_MAX_RATIO * entry.compress_size, MAX_CALL_BYTES):
            what = f"holds {name} of {entry.file_size:,} bytes, compressed into {entry.compress_size:,}"
            raise origin.error(origin.where, what, "Save such data with numpy.savez, which doesn't compress it.")
        names.add(entry.filename)
    total = sum(entry.file_size for entry in entries)
    if total > most:
        raise origin.refuse(f"holds arrays of {total:,} bytes; the limit is {most:,}")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, origin: Origin) -> Array:
    try:
        with archive.open(entry) as file:
            read_header(file, entry.file_size)  # type: ignore[arg-type]  # it reads like any file
        with archive.open(entry) as file:
            found: Array = np.lib.format.read_array(file, allow_pickle=False)
    except InvalidArray as error:
        raise origin.refuse(f"holds {name_of(_array_name(entry))}, which {error}") from error
    if has_invalid_text(found):
        raise origin.refuse(f"holds {name_of(_array_name(entry))}, which has text that is not Unicode")
    return found


def _array_name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.removesuffix(".npy")
