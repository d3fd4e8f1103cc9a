"""SHA-256 of files, streamed, so that a model need not fit into memory."""

import hashlib
from pathlib import Path

from pilotlight_runtime.manifest import ArtifactFile


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_files(folder: Path) -> tuple[ArtifactFile, ...]:
    """Return the name, SHA-256 and size of every file below a folder, sorted by name. Hidden files are left out."""
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            found.append(ArtifactFile(relative.as_posix(), hash_file(path), path.stat().st_size))
    return tuple(sorted(found))
