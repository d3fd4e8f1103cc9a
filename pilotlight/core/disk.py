"""Temporary folders, and errors that say which disk is full."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilotlight.core.errors import UserError
from pilotlight.core.hold_signals import hold_signals

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_NEARLY_NOTHING: Final = 1 << 20
"""Free bytes below which a disk counts as full. A failed write leaves less than one block or one buffer."""
_CHUNK_BYTES: Final = 1 << 18


def is_full(error: OSError) -> bool:
    """Return whether an error says that a disk is full, or a quota used up."""
    return error.errno in _FULL


def raise_if_full(path: Path, needed: int = _NEARLY_NOTHING) -> None:
    """Raise the error of a full disk, for a library whose own error does not say why a file cannot be written.

    It is tried by writing, since what a disk reports as free leaves out quotas.

    Args:
        path: The file. Its folder exists.
        needed: The bytes that the library needs there, for one that removes its files when it fails.

    Raises:
        OSError: The disk of the file is full, or has no room for `needed` bytes.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent) as probe:
            for _ in range(0, max(needed, _NEARLY_NOTHING), _CHUNK_BYTES):
                probe.write(bytes(_CHUNK_BYTES))
                probe.flush()
    except OSError as error:
        if is_full(error):
            raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def name_file(path: Path) -> Iterator[None]:
    """Add the name of a file to the errors of reading and writing it, which have none.

    Args:
        path: The file that the block reads or writes.

    Raises:
        OSError: As the block raised it, with the name.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def temporary_folder(prefix: str = "pilotlight-", *, place: Path | None = None) -> Iterator[Path]:
    """Create a temporary folder, and delete it at the end of the block.

    A signal that arrives while the folder is created or deleted takes effect directly afterwards. Otherwise it could
    end the command between the two steps that create the folder and remember it.

    Args:
        prefix: The start of the folder's name.
        place: Where it is created; the usual place for temporary files (TMPDIR) where None.

    Yields:
        The folder.

    Raises:
        UserError: The folder cannot be created, or its disk is full. The message names it, since the store and the
            project may be on other disks.
    """
    where = _find_place() if place is None else str(place)
    created: tempfile.TemporaryDirectory[str] | None = None
    try:
        with hold_signals():
            created = _create(where, prefix)
        with _name_place(where, created.name):
            yield Path(created.name)
    finally:
        with hold_signals():
            if created is not None:
                created.cleanup()


def _create(place: str, prefix: str) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=prefix, dir=place, ignore_cleanup_errors=True)
    except OSError as error:
        raise _place_error(place, error) from error


@contextmanager
def _name_place(place: str, name: str) -> Iterator[None]:
    """Turn the errors of a full disk below the folder `name` into one that names its place."""
    try:
        yield
    except OSError as error:
        if is_full(error) and _is_in(error, name):
            raise _place_error(place, error) from error
        raise
    except UserError as error:  # of a store in the folder
        full = error.__cause__
        if isinstance(full, OSError) and is_full(full) and Path(error.where).is_relative_to(name):
            raise _place_error(place, full) from error
        raise


def _find_place() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:  # no folder of the usual ones takes a file
        raise _place_error("", error) from error


def _is_in(error: OSError, folder: str) -> bool:
    """Return whether the disk that is full is the folder's. An error of a write has no name; of a copy, it has two."""
    written = error.filename2 if error.filename2 is not None else error.filename
    if written is not None:
        return Path(os.fsdecode(written)).is_relative_to(folder)
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < _NEARLY_NOTHING


def _place_error(place: str, error: OSError) -> UserError:
    return UserError(
        f"the temporary folder {place}".rstrip(),
        f"cannot be used: {error.strerror or error}",
        "Free space there, or set TMPDIR to a folder on a disk with more space.",
    )
