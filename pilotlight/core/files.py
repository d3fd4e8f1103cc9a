"""Files and folders that appear at once: they are written under a hidden name, and then renamed.

A process that is killed leaves its hidden file or folder behind. The next one that writes into the same folder removes
it. Whoever writes holds a lock (flock) on the hidden file or folder, so nobody removes what is still being written.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError

SUFFIX: Final = ".pilotlight-unfinished"
"""The end of every hidden name."""
RETRY: Final = "Check the path, its permissions and the free space, then run the same command again."

_UNFINISHED: Final = re.compile(rf"\..+\.[a-z0-9_]{{8}}{re.escape(SUFFIX)}")
_MODE: Final = 0o644


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step, so that no reader sees half of it.

    Args:
        path: The file. Its folder is created where it does not exist. An existing file keeps its permissions.
        content: The content. It is written to a temporary file beside `path`, which is then renamed.

    Raises:
        ProjectError: The file cannot be written, such as on a full disk. The old one is unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(path.parent)
        _write(path, content)
    except OSError as error:
        raise ProjectError(str(path), f"cannot be written: {error.strerror or error}", RETRY) from error


@contextmanager
def unfinished_folder(target: Path) -> Iterator[Path]:
    """Create a hidden folder beside a folder, and remove it in the end.

    Args:
        target: The folder that is going to be written. Its parent is created where it does not exist.

    Yields:
        The hidden folder. It lies on the same file system, so a folder in it can be renamed to `target`.

    Raises:
        OSError: The folder cannot be created.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(target.parent)
    descriptor, aside = _create_locked(target, _make_folder)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(descriptor)


def remove_unfinished(folder: Path) -> None:
    """Remove the hidden files and folders of killed processes in `folder`, but none that is being written.

    Args:
        folder: The folder. Folders in it are not searched.
    """
    with suppress(OSError):  # what cannot be removed does no harm
        for path in folder.iterdir():
            if _UNFINISHED.fullmatch(path.name):
                _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    with suppress(OSError):  # locked: somebody writes it
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        finally:
            os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else _MODE
    descriptor, aside = _create_locked(path, _make_file)
    with os.fdopen(descriptor, "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def _create_locked(target: Path, make: Callable[[Path], tuple[int, Path]]) -> tuple[int, Path]:
    """Create a hidden file or folder beside `target`; return its locked descriptor and its path."""
    while True:
        descriptor, aside = make(target)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process is about to remove it
            os.close(descriptor)
            continue
        except OSError:  # a file system without locks, on which nobody can remove it either
            return descriptor, aside
        if aside.exists():
            return descriptor, aside
        os.close(descriptor)  # another process has removed it before it was locked


def _make_file(target: Path) -> tuple[int, Path]:
    descriptor, name = tempfile.mkstemp(SUFFIX, f".{target.name}.", target.parent)
    return descriptor, Path(name)


def _make_folder(target: Path) -> tuple[int, Path]:
    while True:
        path = Path(tempfile.mkdtemp(SUFFIX, f".{target.name}.", target.parent))
        with suppress(FileNotFoundError):  # another process has removed it
            return os.open(path, os.O_RDONLY), path
