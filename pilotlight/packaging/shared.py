"""Locked wheels that are built once, kept in a cache and copied from there: pruned and without what no loader reads."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pilotlight.packaging.elf import compact_library
from pilotlight.packaging.files import folder_size, list_files
from pilotlight.packaging.prune import prune_layer
from pilotlight.packaging.wheels import WheelRequest, install_wheels


def install_pruned(wanted: WheelRequest, into: Path) -> int:
    """Install locked wheels in a folder, without what serving never loads.

    Args:
        wanted: The wheels, each with its hash.
        into: The folder.

    Returns:
        The bytes of the wheels that are not in the folder.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    install_wheels(wanted, into)
    whole = folder_size(into)
    prune_layer(into)
    for path in list_files(into):
        if ".so" in path.name:
            compact_library(path)
    return whole - folder_size(into)


def name_build(kind: str, wanted: WheelRequest, files: Iterable[Path] = ()) -> str:
    """Return the name of a build in the cache: the digest of all that goes into it, and of the code that makes it.

    Args:
        kind: Begins the name.
        wanted: The wheels.
        files: What else goes into it.
    """
    digest = hashlib.sha256(f"{wanted.python} {wanted.platform}".encode())
    own = sorted(Path(__file__).parent.glob("*.py"))
    for path in (wanted.requirements, *own, *files):
        if path.suffix != ".pyc" and path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{kind}-{digest.hexdigest()[:16]}"


@contextmanager
def lock_builds(builds: Path) -> Iterator[Path]:
    """Lock the folder of builds against other processes: `sam build --parallel` starts several.

    Args:
        builds: The folder, which is made where it is missing.

    Yields:
        The folder.
    """
    builds.mkdir(parents=True, exist_ok=True)
    with (builds / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield builds
