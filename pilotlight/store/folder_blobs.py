"""A folder as the storage of a store."""

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
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def get_file(self, name: str, target: Path) -> bool:
        """See Blobs."""
        with self._report_errors():
            if not (self._root / name).is_file():
                return False
            shutil.copyfile(self._root / name, target)
            return True

    def names(self, prefix: str) -> Iterator[str]:
        """See Blobs."""
        with self._report_errors():
            # Only the folder of the prefix is walked, since a store may hold many versions.
            below = self._root / prefix.rpartition("/")[0]
            found = [path.relative_to(self._root) for path in below.rglob("*") if path.is_file()]
        yield from sorted(
            path.as_posix() for path in found if path.parts[0] != _TEMPORARY and path.as_posix().startswith(prefix)
        )

    def remove(self, name: str) -> None:
        """See Blobs."""
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
            except FileNotFoundError:  # another publisher has linked or removed it
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
    """Make a new name itself survive a power failure. POSIX requires an fsync of the folder for it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
