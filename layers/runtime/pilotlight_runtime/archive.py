"""Imports the modules of this package from one file, which takes half the time of finding and reading fifty.

Packaging writes the file into the layer (pilotlight/packaging/module_archive.py). Elsewhere there is none, and Python
finds the modules by itself. The file holds: the magic number of the Python that compiled the modules; the length of the
index in four bytes, little-endian; the index; and the modules' .pyc files, which are not compared with the sources (PEP
552). The index is ASCII: for each module its name, "package" or "module", its position after the index and its length,
all separated by white space.
"""

from __future__ import annotations

import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourcelessFileLoader

NAME = "modules.bin"
HEADER = len(MAGIC_NUMBER) + 4
_ENOUGH = 16_384
"""Bytes that are read at first: more than the index takes."""


def use_archive(folder: str, package: str) -> bool:
    """Imports the modules of `package`, which lies in `folder`, from the archive there.

    Returns:
        Whether it does: not where there is no archive, or where another version of Python has compiled it.
    """
    try:
        file = posix.open(f"{folder}/{NAME}", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return False
    head = posix.pread(file, _ENOUGH, 0)
    end = HEADER + int.from_bytes(head[HEADER - 4 : HEADER], "little")
    if head[: len(MAGIC_NUMBER)] != MAGIC_NUMBER:
        posix.close(file)
        return False
    if end > len(head):
        head = posix.pread(file, end, 0)
    sys.meta_path.insert(0, _Finder(folder, len(package), file, read_index(head[HEADER:end], end)))
    return True


def read_index(text: bytes, start: int) -> dict[str, tuple[bool, int, int]]:
    """For each module whether it is a package, and where its .pyc file begins and how long it is.

    start: the position of the first.
    """
    words = text.decode("ascii").split()
    return {
        name: (kind == "package", start + int(position), int(length))
        for name, kind, position, length in zip(words[::4], words[1::4], words[2::4], words[3::4], strict=True)
    }


class _Finder:
    """Finds modules in one archive. The file stays open, since a module may be imported at any time."""

    def __init__(self, folder: str, prefix: int, file: int, index: dict[str, tuple[bool, int, int]]) -> None:
        self._folder = folder
        self._prefix = prefix
        self._file = file
        self._index = index

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """See importlib.abc.MetaPathFinder. The spec says what it would say of the module's own file."""
        found = self._index.get(name)
        if found is None:
            return None
        is_package, position, length = found
        stem = self._folder + name[self._prefix :].replace(".", "/")
        place, _, base = (f"{stem}/__init__" if is_package else stem).rpartition("/")
        loader = _Loader(name, f"{place}/{base}.pyc", f"{self._folder}/{NAME}", (self._file, length, position))
        spec = ModuleSpec(name, loader, origin=f"{place}/{base}.py", is_package=is_package)
        if is_package:
            spec.submodule_search_locations = [stem]
        spec.has_location = True
        spec.cached = f"{place}/__pycache__/{base}.{sys.implementation.cache_tag}.pyc"
        return spec


class _Loader(SourcelessFileLoader):
    """The loader of one module: as that of a .pyc file in the package's folder, apart from where its content is."""

    def __init__(self, name: str, path: str, archive: str, place: tuple[int, int, int]) -> None:
        super().__init__(name, path)
        self._archive = archive
        self._place = place

    def get_data(self, path: str) -> bytes:
        """See importlib.abc.ResourceLoader."""
        if path != self.path:
            return super().get_data(path)
        try:
            code = posix.pread(*self._place)
        except OSError:
            code = b""
        return code if code.startswith(MAGIC_NUMBER) else self._read_again()

    def _read_again(self) -> bytes:
        """Opens the archive once more: app.py's code may close descriptors that are not its own."""
        _, length, position = self._place
        file = posix.open(self._archive, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            return posix.pread(file, length, position)
        finally:
            posix.close(file)
