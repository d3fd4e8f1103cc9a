"""Folders that are the same whenever and wherever they are built, and that appear at once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilotlight.core.errors import PackagingError
from pilotlight.core.files import RETRY, unfinished_folder

FIXED_TIME: Final = 315_619_200
"""1980-01-02 00:00 UTC as the mtime of every file: the first day that a zip can hold in every time zone."""

START_NAME: Final = "pilotlight-start"
"""The file in the layer that Lambda executes."""
IMAGE_START_NAME: Final = "pilotlight-image"
"""The file in a container image that Lambda executes."""


def list_files(folder: Path) -> list[Path]:
    """Return every file below `folder`, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below `folder`."""
    return sum(path.stat().st_size for path in list_files(folder))


def make_uniform(folder: Path) -> None:
    """Give every file and folder below `folder` the same times, and the modes 0644 and 0755.

    The modes that files have here don't count: they depend on the disk. Only what Lambda executes is executable.
    """
    executables = (START_NAME, IMAGE_START_NAME)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() or path.name in executables else 0o644)
        os.utime(path, (FIXED_TIME, FIXED_TIME))
    folder.chmod(0o755)
    os.utime(folder, (FIXED_TIME, FIXED_TIME))


@contextmanager
def replace_folder(into: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Build a folder beside `into`, which takes the place of `into` when the block ends without an error.

    A process that is killed leaves `into` as it was, complete, or missing: never half of a build.

    Args:
        into: The folder to fill.
        is_ours: Whether a folder is an earlier build. Anything else is never replaced, so that a wrong --into deletes
            nobody's files.

    Yields:
        The new folder.

    Raises:
        PackagingError: `into` holds something other than an earlier build, or a file cannot be read or written.
    """
    if into.exists() and (not into.is_dir() or (any(into.iterdir()) and not is_ours(into))):
        raise PackagingError(
            str(into), "holds something other than an earlier build", "Give --into a folder that is new or empty."
        )
    try:
        with unfinished_folder(into) as aside:
            new = aside / "new"
            new.mkdir()
            yield new
            make_uniform(new)
            if into.exists() and any(into.iterdir()):
                into.rename(aside / "old")
            new.replace(into)
    except OSError as error:
        what = f"cannot be built: {error.strerror or error} ({error.filename or into})"
        raise PackagingError(str(into), what, RETRY) from error
