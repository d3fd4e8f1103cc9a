"""A folder as the storage of a store."""

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Final

from pilotlight.core.chunks import is_file_content
from pilotlight.core.disk import is_full, name_file
from pilotlight.core.errors import StoreError
from pilotlight.store.folder_files import (
    describe_non_folder,
    is_non_folder,
    list_numbered,
    make_folders,
    sync_folder,
    write_temporary,
)

_TEMPORARY: Final = ".aside"
_ABANDONED_SECONDS: Final = 24 * 3600.0
_CHUNK_BYTES: Final = 1 << 20


class FolderBlobs:
    """Blobs in a folder, which is created with the first blob.

    A blob is written and synced to a file in root/.aside, and then linked to its name. The link either appears with all
    of its content or fails because the name exists. A killed process may leave a file in .aside, which has no name in
    the store. A later put removes it once it is a day old.

    Args:
        root: The folder.
        clock: Seconds since the epoch.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._clock = clock

    @property
    def location(self) -> str:
        """The folder."""
        return str(self._root)

    def put_file(self, name: str, source: Path) -> bool:
        """See Blobs."""
        with source.open("rb") as content:
            return self._put(name, content)

    def put_bytes(self, name: str, content: bytes) -> bool:
        """See Blobs."""
        return self._put(name, BytesIO(content))

    def get_bytes(self, name: str) -> bytes | None:
        """See Blobs."""
        with self._report_errors():
            file = self._open(name)
            if file is None:
                return None
            with file, name_file(self._root / name):
                return file.read()

    def get_file(self, name: str, target: Path) -> bool:
        """See Blobs."""
        chunks = self.read_chunks(name)
        if chunks is None:
            return False
        with name_file(target), target.open("wb") as file:  # not in the store, so its errors are not the store's
            for chunk in chunks:
                file.write(chunk)
        return True

    def read_chunks(self, name: str) -> Iterator[bytes] | None:
        """See Blobs."""
        with self._report_errors():
            file = self._open(name)
        return None if file is None else self._read(file, self._root / name)

    def has_content(self, name: str, source: Path) -> bool:
        """See Blobs."""
        chunks = self.read_chunks(name)
        return chunks is not None and is_file_content(chunks, source)

    def names(self, prefix: str) -> Iterator[str]:
        """See Blobs."""
        yield from self.sizes(prefix)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """See Blobs."""
        with self._report_errors():
            # Only the folder of the prefix is walked, since a store may hold many versions.
            found = self._walk(self._root / prefix.rpartition("/")[0])
            return dict(sorted((name, size) for name, size in found if name.startswith(prefix)))

    def list_non_folders(self, folder: str, /) -> Mapping[str, str]:
        """See Blobs."""
        path = self._root / folder
        with self._report_errors():
            if is_non_folder(path):
                return {folder: describe_non_folder(path)}
            below = sorted(path.iterdir()) if path.is_dir() else ()
            return {f"{folder}/{each.name}": describe_non_folder(each) for each in below if is_non_folder(each)}

    def replace(self, name: str, source: Path, aside: str) -> bool:
        """See Blobs."""
        with self._report_errors(), source.open("rb") as content:
            temporary = write_temporary(self._open_temporary(), content)
            try:
                self._make_parent(name, aside)
                target = self._root / name
                kept = os.path.lexists(target)
                if target.is_dir() and not target.is_symlink():
                    target.rename(self._find_free(aside))
                elif kept:
                    self._keep(target, aside)
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(target.parent)
        return kept

    def move(self, name: str, aside: str) -> bool:
        """See Blobs."""
        path = self._root / name
        with self._report_errors():
            if not os.path.lexists(path):
                return False
            if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                path.rmdir()
                return False
            path.rename(self._find_free(aside))
        return True

    def remove(self, name: str) -> None:
        """See Blobs."""
        with self._report_errors():
            (self._root / name).unlink(missing_ok=True)

    def _open(self, name: str) -> IO[bytes] | None:
        path = self._root / name
        if not path.is_file() and not self._root.is_file():
            return None
        try:
            return path.open("rb")
        except FileNotFoundError:
            return None

    def _walk(self, folder: Path) -> Iterator[tuple[str, int]]:
        """Yield the name and the size of every file below a folder, which need not exist."""
        if self._root.is_file():
            raise StoreError(str(self._root), "the store is a file", "Name a folder in PILOTLIGHT_STORE.")
        if folder != self._root and is_non_folder(folder):
            return
        for inner, folders, files in os.walk(folder, onerror=_raise_unless_absent):
            if Path(inner) == self._root:
                folders[:] = [each for each in folders if each != _TEMPORARY]
            for name in files:
                path = Path(inner, name)
                try:
                    found = path.stat()
                except OSError:  # removed meanwhile, or a symbolic link that leads nowhere
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield path.relative_to(self._root).as_posix(), found.st_size

    def _read(self, file: IO[bytes], path: Path) -> Iterator[bytes]:
        with file:
            while True:
                with self._report_errors(), name_file(path):
                    chunk = file.read(_CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    def _put(self, name: str, content: IO[bytes]) -> bool:
        target = self._root / name
        with self._report_errors():
            if target.exists():
                return False
            temporary = self._open_temporary()
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):  # a file in place of the folder takes the name
                return False
            written = write_temporary(temporary, content)
            try:
                os.link(written, target)
            except FileExistsError:
                return False
            finally:
                written.unlink()
            sync_folder(target.parent)
            return True

    def _open_temporary(self) -> Path:
        """Create the folder of temporary files, and remove the files there that nobody finishes."""
        temporary = self._root / _TEMPORARY
        temporary.mkdir(parents=True, exist_ok=True)
        oldest = self._clock() - _ABANDONED_SECONDS
        for path in temporary.iterdir():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:  # another publisher has linked or removed it
                continue
        return temporary

    def _make_parent(self, name: str, aside: str) -> None:
        """Create the folder of a blob. A file or a broken link in its place is moved aside."""
        parts = name.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            folder = self._root.joinpath(*parts[:end])
            if is_non_folder(folder):
                folder.rename(self._find_free(aside))
            folder.mkdir(exist_ok=True)

    def _keep(self, path: Path, aside: str) -> None:
        """Link a file to a free name, unless a replacement that was killed has linked it already."""
        for each in self._list_candidates(aside):
            if not os.path.lexists(each):
                os.link(path, each, follow_symlinks=False)
                return
            if os.path.samestat(each.lstat(), path.lstat()):
                return

    def _find_free(self, name: str) -> Path:
        """Return a path in the store that does not exist, with a number at its end where `name` is taken."""
        return next(each for each in self._list_candidates(name) if not os.path.lexists(each))

    def _list_candidates(self, name: str) -> Iterator[Path]:
        """Create the folder of a name, and yield its path and then the same with numbers from 2 at the end."""
        path = self._root / name
        make_folders(self._root, path.parent)
        yield from list_numbered(path)

    @contextmanager
    def _report_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"cannot be used: {error.strerror or error} ({error.filename or self._root})"
            hint = "Check the folder's permissions and free space, or point PILOTLIGHT_STORE at another place."
            if is_full(error):
                what = f"is full: {error.strerror} (the disk of {self._root})"
                hint = "Free space there, or point PILOTLIGHT_STORE at another place."
            raise StoreError(str(self._root), f"the store {what}", hint) from error


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
