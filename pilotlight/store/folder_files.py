"""Files of a folder that survive a power failure."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO


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
