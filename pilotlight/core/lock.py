"""model.lock: the version that a model is pinned to, kept in git beside the model."""

import json
import os
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError

LOCK_NAME: Final = "model.lock"


class Lock(NamedTuple):
    """The pin of one version.

    Attributes:
        version: The version, 12 hexadecimal digits.
        manifest_sha256: The SHA-256 of its manifest.json. The store cannot replace the version unnoticed.
    """

    version: str
    manifest_sha256: str


def read_lock(path: Path) -> Lock | None:
    """Read a lock file.

    Args:
        path: The model.lock.

    Returns:
        The pin; None where the file does not exist.

    Raises:
        ProjectError: The file is damaged.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Lock(str(document["version"]), str(document["manifest_sha256"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            str(path), f"is damaged ({error})", f"Run `pilotlight pin {path.parent.name}@VERSION` to write it again."
        ) from error


def write_lock(path: Path, lock: Lock) -> None:
    """Replace a lock file in one step.

    Args:
        path: The model.lock.
        lock: The pin.
    """
    write_atomically(path, (json.dumps(lock._asdict(), indent=2) + "\n").encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step, so that no reader sees half of it.

    Args:
        path: The file. Its folder is created where it does not exist.
        content: The content. It is written to a temporary file beside `path`, which is then renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
