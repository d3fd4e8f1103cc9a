"""model.lock: the version that a model is pinned to, kept in git beside the model."""

import json
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.files import write_atomically

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

    Raises:
        ProjectError: The file cannot be written.
    """
    write_atomically(path, (json.dumps(lock._asdict(), indent=2) + "\n").encode())
