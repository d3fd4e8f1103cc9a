"""A folder as the place that a store lies in."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Final

from pilotlight.core.errors import StoreError

_TEMPORARY: Final = ".aside"
_ABANDONED_SECONDS: Final = 24 * 3600.0


class FolderBlobs:
    """Blobs in the folder `root`, which is made when the first one is put.

    A blob is written and synced to a file in root/.aside, then linked to its name: the link either appears with all
    of the content behind it or fails because the name is taken. What a killed process leaves aside has no name, and a
    later put removes it once it is a day old. clock: seconds since the epoch.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._clock = clock

    @property
    def location(self) -> str:
        return str(self._root)

    def put_file(self, name: str, source: Path) -> bool:
        with source.open("rb") as content:
            return self._put(name, content)

    def put_bytes(self, name: str, content: bytes) -> bool:
        return self._put(name, BytesIO(content))

    def get_bytes(self, name: str) -> bytes | None:
        with self._report_errors():
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def get_file(self, name: str, target: Path) -> bool:
        with self._report_errors():
            if not (self._root / name).is_file():
                return False
            shutil.copyfile(self._root / name, target)
            return True

    def names(self, prefix: str) -> Iterator[str]:
        with self._report_errors():
            # Only the folder that the prefix names is walked: a store may hold many versions.
            below = self._root / prefix.rpartition("/")[0]
            found = [path.relative_to(self._root) for path in below.rglob("*") if path.is_file()]
        yield from sorted(
            path.as_posix() for path in found if path.parts[0] != _TEMPORARY and path.as_posix().startswith(prefix)
        )

    def remove(self, name: str) -> None:
        with self._report_errors():
            (self._root / name).unlink(missing_ok=True)

    def _put(self, name: str, content: IO[bytes]) -> bool:
        target = self._root / name
        with self._report_errors():
            if target.exists():
                return False
            aside = self._root / _TEMPORARY
            aside.mkdir(parents=True, exist_ok=True)
            self._remove_abandoned(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            written = _write_temporary(aside, content)
            try:
                os.link(written, target)
            except FileExistsError:
                return False
            finally:
                written.unlink()
            _sync_folder(target.parent)
            return True

    def _remove_abandoned(self, aside: Path) -> None:
        oldest = self._clock() - _ABANDONED_SECONDS
        for path in aside.iterdir():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:  # another publisher has linked or swept it
                continue

    @contextmanager
    def _report_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                str(self._root),
                f"the store cannot be used: {error.strerror or error} ({error.filename or self._root})",
                "Check the folder's permissions and free space, or point PILOTLIGHT_STORE at another place.",
            ) from error


def _write_temporary(folder: Path, content: IO[bytes]) -> Path:
    handle, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o644)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself survive a power cut; POSIX asks for an fsync of the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
