"""What decodes pictures, in the functions of models that take them: no other function pays for it.

The packages are those of a hash lock beside the layer's. They are built once, kept in a cache, and copied beside each
such function's app.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.packaging.bytecode import Compiler, compile_folder, drop_sources
from pilotlight.packaging.files import replace_folder
from pilotlight.packaging.prune import SOURCELESS
from pilotlight.packaging.requirements import normalize_name, read_names, read_pins
from pilotlight.packaging.shared import install_pruned, lock_builds, name_build
from pilotlight.packaging.wheels import WheelRequest

PICTURES: Final = "pictures.txt"
"""The lock, beside the layer's. A project from before it has Pillow in the layer."""

_BUILD: Final = "pictures"


class Pictures(NamedTuple):
    """Where the packages come from.

    Attributes:
        wanted: The wheels; their lock may be missing.
        cache: A folder that keeps the finished build.
        layer: The hash lock of the layer: what it names is in the layer.
    """

    wanted: WheelRequest
    cache: Path
    layer: Path

    def list_missing(self, requirements: Path) -> tuple[str, ...]:
        """List NAME==VERSION of the packages that neither the layer nor a function's own requirements.txt has."""
        there = read_names(self.layer) | {normalize_name(pin.name) for pin in read_pins(requirements)}
        return tuple(str(pin) for pin in read_pins(self.wanted.requirements) if normalize_name(pin.name) not in there)


def copy_pictures(pictures: Pictures, into: Path, shown_as: str, compiler: Compiler | None) -> None:
    """Copy the packages to a folder, byte-compiled.

    Args:
        pictures: Where they come from.
        into: The folder.
        shown_as: The folder's path in Lambda, which tracebacks show.
        compiler: Compiles them; None leaves them as they are.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    with lock_builds(pictures.cache) as builds:
        kind = f"{_BUILD}-{'compiled' if compiler else 'plain'}"
        entry = builds / name_build(kind, pictures.wanted)
        if not entry.is_dir():
            for old in builds.glob(f"{kind}-*"):
                shutil.rmtree(old)
            with replace_folder(entry, lambda folder: folder.name.startswith(_BUILD)) as new:
                _build(pictures.wanted, new, shown_as, compiler)
        shutil.copytree(entry, into, dirs_exist_ok=True)


def _build(wanted: WheelRequest, new: Path, shown_as: str, compiler: Compiler | None) -> None:
    install_pruned(wanted, new)
    if compiler:
        compile_folder(new, shown_as, compiler)
        for name in SOURCELESS:
            drop_sources(new / name)
