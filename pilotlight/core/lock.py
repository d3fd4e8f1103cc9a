"""model.lock: the pin of one version, kept in git beside the model."""

import json
import os
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError

LOCK_NAME: Final = "model.lock"


class Lock(NamedTuple):
    """version: 12 hex digits. manifest_sha256: of the version's manifest.json, so that the store cannot swap it."""

    version: str
    manifest_sha256: str


def read_lock(path: Path) -> Lock | None:
    """The pin in `path`, None where nothing is pinned; ProjectError where the file is damaged."""
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
    """Replaces `path` in one step."""
    write_atomically(path, (json.dumps(lock._asdict(), indent=2) + "\n").encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Writes `content` to a file beside `path` and renames it there, so that no half-written file is ever visible."""
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
