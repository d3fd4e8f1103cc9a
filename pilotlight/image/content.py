"""What goes into the training image. The tag is a digest of exactly what Docker is sent, arguments included.

For an image that is built, each file is read once for both, so the two cannot differ.

    project/…   the project, less what infra/training.ignore names
    tool/…      the packages pilotlight and pilotlight_runtime that are running: the container computes as the tool does

A project that holds the tool's own source, as Pilotlight's repository does, has it only in tool/.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

import pilotlight
import pilotlight_runtime
from pilotlight.core.errors import ImageError
from pilotlight.image.ignore import read_ignore
from pilotlight.image.variant import Variant

DOCKERFILE: Final = "infra/training.Dockerfile"
IGNORE: Final = "infra/training.ignore"
_TAG_LENGTH: Final = 12
_COMPILED: Final = "__pycache__"
_OWN: Final = Variant()


class ImageFile(NamedTuple):
    """One file of the image.

    Attributes:
        name: Its path in the archive that Docker is sent.
        path: Its path on this machine.
    """

    name: str
    path: Path

    @property
    def mode(self) -> int:
        """Its permissions: executable or not is all that counts, so that checkouts agree."""
        return 0o755 if os.access(self.path, os.X_OK) else 0o644


def installed_packages() -> tuple[Path, ...]:
    """Return the folders of the packages that are running."""
    return tuple(Path(str(package.__file__)).resolve().parent for package in (pilotlight, pilotlight_runtime))


def list_image_files(root: Path, tool: Sequence[Path] = ()) -> list[ImageFile]:
    """Return the files of a project's image, sorted. Links to files are followed, links to folders are not.

    Args:
        root: The project's folder.
        tool: Folders of Pilotlight's packages; those that are running where it is empty.

    Raises:
        ImageError: The project has no Dockerfile.
    """
    if not (root / DOCKERFILE).is_file():
        raise ImageError(
            str(root / DOCKERFILE), "is missing", "`pilotlight init` writes it into a new project: copy it from one."
        )
    packages = tuple(folder.resolve() for folder in tool) or installed_packages()
    project = [ImageFile(f"project/{path.relative_to(root).as_posix()}", path) for path in _project(root, packages)]
    parts = [
        ImageFile(f"tool/{folder.name}/{path.relative_to(folder).as_posix()}", path)
        for folder in packages
        for path in folder.rglob("*")
        if path.is_file() and _COMPILED not in path.parts
    ]
    return sorted(project + parts)


def compute_tag(root: Path, tool: Sequence[Path] = (), variant: Variant = _OWN) -> str:
    """Compute the tag of a project's image: 12 hex digits of a digest.

    It covers names, permissions and content of the files, and the Dockerfile's arguments.

    Args:
        root: The project's folder.
        tool: See list_image_files.
        variant: The base image and requirements.
    """
    whole = hashlib.sha256()
    for file in list_image_files(root, tool):
        whole.update(_hash_entry(file.name, file.mode, file.path.read_bytes()))
    return _tag(whole, variant)


def write_context(files: Iterable[ImageFile], stream: IO[bytes], variant: Variant = _OWN) -> str:
    """Write what Docker builds from, as a tar archive. The same files give the same bytes.

    Args:
        files: The image's files.
        stream: Takes the archive.
        variant: The base image and requirements.

    Returns:
        The tag of these bytes.
    """
    whole = hashlib.sha256()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in files:
            content = file.path.read_bytes()
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mode = len(content), file.mode
            archive.addfile(entry, io.BytesIO(content))
            whole.update(_hash_entry(file.name, entry.mode, content))
    return _tag(whole, variant)


def _hash_entry(name: str, mode: int, content: bytes) -> bytes:
    return f"{name}\0{mode:o}\0{hashlib.sha256(content).hexdigest()}\n".encode()


def _tag(files: hashlib._Hash, variant: Variant) -> str:
    for argument in variant.arguments:
        files.update(f"{argument}\n".encode())
    return files.hexdigest()[:_TAG_LENGTH]


def _project(root: Path, packages: Sequence[Path]) -> Iterator[Path]:
    ignored = read_ignore(root / IGNORE)
    for place, folders, names in os.walk(root):
        here = Path(place)
        kept = [name for name in folders if not ignored(PurePosixPath((here / name).relative_to(root).as_posix()))]
        folders[:] = [name for name in kept if (here / name).resolve() not in packages]
        for name in names:
            path = here / name
            if path.is_file() and not ignored(PurePosixPath(path.relative_to(root).as_posix())):
                yield path
