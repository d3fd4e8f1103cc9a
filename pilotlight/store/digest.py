"""sha256, streamed: a model need not fit into memory."""

import hashlib
from pathlib import Path

from pilotlight_runtime.manifest import ArtifactFile


def hash_file(path: Path) -> str:
    """The sha256 of a file's content in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_files(folder: Path) -> tuple[ArtifactFile, ...]:
    """Every file below `folder`, hidden ones left out, sorted by name."""
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            found.append(ArtifactFile(relative.as_posix(), hash_file(path), path.stat().st_size))
    return tuple(sorted(found))
