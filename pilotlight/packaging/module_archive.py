"""Writes the compiled modules of a package into one file; pilotlight_runtime/archive.py describes it and reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilotlight.core.errors import PackagingError
from pilotlight_runtime.archive import NAME

_UNCHECKED: Final = 0b01
"""Flags of a .pyc file (PEP 552) that is not compared with its source."""
_FIRST: Final = ("__init__", "archive")
"""Modules that Python imports before it can use the archive."""


def archive_modules(package: Path) -> None:
    """Move the code of all modules of a package from their .pyc files into one file, but for those that read it.

    Args:
        package: The package's folder, byte-compiled by `compile_folder`.

    Raises:
        PackagingError: A .pyc file is damaged, or was compiled in another way.
    """
    codes: dict[str, tuple[bool, bytes]] = {}
    kept = {package / "__pycache__" / name for name in _FIRST}
    magic = b""
    for compiled in sorted(package.rglob("__pycache__/*.pyc")):
        code = compiled.read_bytes()
        magic = magic or code[:4]
        if code[:8] != magic + _UNCHECKED.to_bytes(4, "little"):
            raise PackagingError(compiled.name, "is not what compileall wrote", "Build the layer again.")
        source = compiled.parent.parent / compiled.name.partition(".")[0]
        if compiled.parent / source.name in kept:
            continue
        is_package = source.name == "__init__"
        place = (source.parent if is_package else source).relative_to(package.parent)
        codes[".".join(place.parts)] = (is_package, code)
        compiled.unlink()
    (package / NAME).write_bytes(_document(magic, codes))
    for empty in package.rglob("__pycache__"):
        if not any(empty.iterdir()):
            empty.rmdir()


def _document(magic: bytes, codes: dict[str, tuple[bool, bytes]]) -> bytes:
    lines = []
    position = 0
    for name, (is_package, code) in codes.items():
        lines.append(f"{name} {'package' if is_package else 'module'} {position} {len(code)}\n")
        position += len(code)
    index = "".join(lines).encode("ascii")
    return b"".join([magic, len(index).to_bytes(4, "little"), index, *(code for _, code in codes.values())])
