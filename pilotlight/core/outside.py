"""The door for files from outside: only regular files are read, and no more of them than a reader can hold.

A reader names what it reads by an Origin. So every refusal says where, what, and what to do next.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pilotlight.core.errors import DataError, UserError

MEBIBYTE: Final = 1 << 20

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""Source: the Git LFS specification, "The Pointer"."""
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True)
class Origin:
    """Where content comes from, and the error for what is wrong with it.

    Attributes:
        where: The file, model or address, for messages.
        hint: What to do about wrong content.
        error: The class of the error.
    """

    where: str
    hint: str
    error: type[UserError] = DataError

    def refuse(self, what: str) -> UserError:
        """Return the error for content of which `what` is true."""
        return self.error(self.where, what, self.hint)


def open_file(path: Path, origin: Origin) -> BinaryIO:
    """Open a regular file for reading. A named pipe never blocks, and a device is never read.

    Args:
        path: The file.
        origin: Its name, for the error.

    Returns:
        The open file, which the caller closes.

    Raises:
        UserError: There is no such file, it is something else than a file, it is a pointer of Git LFS, or it cannot be
            read; of the class that `origin` names.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise origin.error(origin.where, "does not exist", "Check the path.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise origin.error(origin.where, f"cannot be read ({reason})", "Check the path.") from error
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind != stat.S_IFREG:
        os.close(handle)
        what = f"cannot be read, since it is {_KINDS.get(kind, 'something else')} and not a file"
        raise origin.error(origin.where, what, "Check the path.")
    if os.pread(handle, len(_LFS_POINTER), 0) == _LFS_POINTER:
        os.close(handle)
        what = "is a Git LFS pointer, not the file that it stands for"
        raise origin.error(origin.where, what, "Run `git lfs pull` to fetch the file.")
    return os.fdopen(handle, "rb")


def read_file(path: Path, origin: Origin, most: int) -> bytes:
    """Read a whole regular file.

    Args:
        path: The file.
        origin: Its name, for the error.
        most: The largest size in bytes.

    Raises:
        UserError: As `open_file` raises it, or the file is larger.
    """
    with open_file(path, origin) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise origin.refuse(f"has {size:,} bytes; the limit is {most:,}")
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise origin.refuse(f"cannot be read ({error.strerror})") from error
    if len(content) > most:
        raise origin.refuse(f"has more than {most:,} bytes, which is the limit")
    return content


def physical_memory() -> int:
    """Return the size of this machine's memory in bytes. Larger data cannot be read at once."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
