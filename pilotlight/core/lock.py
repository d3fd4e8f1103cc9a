"""model.lock: the version that a model is pinned to, kept in git beside the model."""

import json
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight.core.errors import ProjectError
from pilotlight.core.files import write_atomically
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
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
        ProjectError: The file is damaged, or something else than a file.
    """
    hint = f"Run `pilotlight pin {path.parent.name}@VERSION` to write it again."
    if not path.exists():
        return None
    try:
        return _read_pin(parse_object(read_file(path, Origin(str(path), hint, ProjectError), MEBIBYTE)))
    except (InvalidDocument, ProjectError) as error:
        what = error.what if isinstance(error, ProjectError) else error
        raise ProjectError(str(path), f"is damaged (it {what})", hint) from error


def _read_pin(document: dict[str, Any]) -> Lock:
    """Return the pin in a lock file; InvalidDocument where there is none."""
    values = []
    for key, digits in (("version", VERSION_DIGITS), ("manifest_sha256", _SHA256_DIGITS)):
        value = document.get(key)
        if not isinstance(value, str) or not re.fullmatch(rf"[0-9a-f]{{{digits}}}", value):
            raise InvalidDocument(f"has no {key} of {digits} hexadecimal digits")
        values.append(value)
    return Lock(*values)


def write_lock(path: Path, lock: Lock) -> None:
    """Replace a lock file in one step.

    Args:
        path: The model.lock.
        lock: The pin.

    Raises:
        ProjectError: The file cannot be written.
    """
    write_atomically(path, (json.dumps(lock._asdict(), indent=2) + "\n").encode())
