"""Files of a folder that survive a power failure, and what stands in place of a folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

from pilotlight.core.printable import name_of


def write_temporary(folder: Path, content: IO[bytes]) -> Path:
    """Write and sync a new file in a folder.

    Args:
        folder: The folder.
        content: What the file holds.

    Returns:
        The file.
    """
    handle, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o644)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def sync_folder(folder: Path) -> None:
    """Make a new name itself survive a power failure. POSIX requires an fsync of the folder for it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_non_folder(path: Path) -> bool:
    """Return whether something exists at a path that is no folder and no link to one, so none can be created there."""
    return os.path.lexists(path) and not path.is_dir()


def describe_non_folder(path: Path) -> str:
    """Return what stands in place of a folder, for a message that begins with its name."""
    if path.is_symlink() and not path.exists():
        return f"is a link to {name_of(str(path.readlink()))}, which leads nowhere, and not a folder"
    return "is a file and not a folder"


def make_folders(root: Path, folder: Path) -> None:
    """Create a folder below `root`. Whatever stands in its place or its parents' gets a number at its name's end."""
    below = [each for each in (folder, *folder.parents) if each.is_relative_to(root) and each != root]
    root.mkdir(parents=True, exist_ok=True)
    for each in reversed(below):
        if is_non_folder(each):
            each.rename(next(free for free in list_numbered(each) if not os.path.lexists(free)))
        each.mkdir(exist_ok=True)


def list_numbered(path: Path) -> Iterator[Path]:
    """Yield a path, and then the same with numbers from 2 at its end."""
    yield path
    yield from (Path(f"{path}.{number}") for number in count(2))
