"""model.lock: the version that a model is pinned to, kept in git beside the model."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import describe, parse_json
from pilotlight.core.errors import ProjectError
from pilotlight_runtime.manifest_json import VERSION_DIGITS

LOCK_NAME: Final = "model.lock"
_SHA256_DIGITS: Final = 64


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
        return _read_pin(parse_json(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, OSError) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise ProjectError(
            str(path), f"is damaged ({what})", f"Run `pilotlight pin {path.parent.name}@VERSION` to write it again."
        ) from error


def _read_pin(document: Any) -> Lock:
    if not isinstance(document, dict):
        raise TypeError(f"it is {describe(document)}, not an object")
    values = []
    for key, digits in (("version", VERSION_DIGITS), ("manifest_sha256", _SHA256_DIGITS)):
        value = document.get(key)
        if not isinstance(value, str) or not re.fullmatch(rf"[0-9a-f]{{{digits}}}", value):
            raise ValueError(f"its {key} is not {digits} hexadecimal digits")
        values.append(value)
    return Lock(*values)


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

    Raises:
        ProjectError: The disk is full, or the folder cannot be written.
    """
    try:
        _write_and_rename(path, content)
    except OSError as error:
        what, hint = (
            f"cannot be written: {error.strerror or error}",
            "Check the path, its permissions and the free space.",
        )
        raise ProjectError(str(path), what, hint) from error


def _write_and_rename(path: Path, content: bytes) -> None:
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
