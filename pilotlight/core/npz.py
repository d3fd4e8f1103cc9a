"""Files of named arrays, as numpy.savez writes them.

An archive says how large each entry is, and each entry what its shape needs. Both are compared before anything is
allocated, so that neither a lie nor a highly compressed file fills the memory. Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from pilotlight.core.archives import open_archive
from pilotlight.core.artifacts import Array
from pilotlight.core.npy import MAGIC, InvalidArray, has_invalid_text, read_header
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory
from pilotlight.core.printable import name_of

MAX_CALL_BYTES: Final = 256 * MEBIBYTE
"""The most bytes of arrays in a file with the samples of one call. Lambda takes 6 MB in a call."""

_ARCHIVE: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""The start of an archive, and of one without entries."""


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
        limit = physical_memory() if most is None else most
        with open_archive(file, "an .npz file", limit, origin) as archive:
            entries = archive.infolist()
            for entry in entries:
                if not entry.filename.endswith(".npy"):
                    raise origin.refuse(f"holds {name_of(entry.filename)!r}, which is no array")
            return {_array_name(entry): _read_array(archive, entry, origin) for entry in entries}


def _check_start(file: BinaryIO, origin: Origin) -> None:
    start = file.read(len(MAGIC))
    file.seek(0)
    if start == MAGIC:
        raise origin.refuse("is a single array, not an .npz archive")
    if not start:
        raise origin.refuse("cannot be read as an .npz file (it is empty)")
    if not start.startswith(_ARCHIVE):
        raise origin.refuse("contains pickled Python objects, which are never loaded, or is not an .npz file")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, origin: Origin) -> Array:
    try:
        with archive.open(entry) as file:
            read_header(file, entry.file_size)
        with archive.open(entry) as file:
            found: Array = np.lib.format.read_array(file, allow_pickle=False)
    except InvalidArray as error:
        raise origin.refuse(f"holds {name_of(_array_name(entry))}, which {error}") from error
    if has_invalid_text(found):
        raise origin.refuse(f"holds {name_of(_array_name(entry))}, which has text that is not Unicode")
    return found


def _array_name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.removesuffix(".npy")
