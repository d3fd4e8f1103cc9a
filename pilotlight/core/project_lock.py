"""One command at a time changes template.yaml and the folders of models."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.files import RETRY

LOCK_PATH: Final = Path(".pilotlight") / "lock"
"""The lock file, from the root of a project. The system releases the lock when its process ends, however it ends, so
a file that is left there does no harm."""


@contextmanager
def lock_project(root: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other command changes the project, and keep others out until the block ends.

    Args:
        root: The root of the project. It is created where it does not exist.
        note: Receives one line where the command has to wait, or where the file system has no locks.

    Raises:
        ProjectError: The lock file cannot be written.
    """
    with _locked(root, note):
        yield


def _locked(root: Path, note: Callable[[str], None]) -> IO[bytes]:
    path = root / LOCK_PATH
    try:
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
            _wait(file, root, note)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
                return file
            file.close()  # somebody has removed .pilotlight meanwhile
    except OSError as error:
        raise ProjectError(str(path), f"cannot be written: {error.strerror or error}", RETRY) from error


def _wait(file: IO[bytes], root: Path, note: Callable[[str], None]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note(f"waits for another pilotlight command that changes {root}")
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        note(f"{root} is on a file system without locks ({error.strerror}): run one pilotlight command at a time")
