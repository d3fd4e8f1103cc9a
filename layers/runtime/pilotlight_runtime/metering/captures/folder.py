"""Captures in a folder: for `pilotlight serve`, and for tests. What is over its days goes with the next capture."""

from __future__ import annotations

from posix import O_CREAT, O_EXCL, O_WRONLY, close, listdir, mkdir, rename, rmdir, unlink, write
from posix import open as open_file

from pilotlight_runtime.light_typing import Callable, Final
from pilotlight_runtime.metering.captures.failure import CaptureFailed
from pilotlight_runtime.metering.captures.names import find_first_day, parse_name
from pilotlight_runtime.paths import join, parent

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_UNFINISHED: Final = ".part"


class CaptureFolder:
    """See writing.CaptureStore.

    Args:
        root: The absolute path of the folder; it is made where it is missing.
        clock: Seconds since the epoch.
    """

    def __init__(self, root: str, clock: Callable[[], float]) -> None:
        self._root = root
        self._clock = clock

    def write(self, name: str, content: bytes) -> None:
        """See writing.CaptureStore.write. A file has its whole content or does not exist."""
        path = join(self._root, name)
        try:
            _make_folders(parent(path))
            self._remove_old(name)
            unfinished = path + _UNFINISHED
            file = open_file(unfinished, O_WRONLY | O_CREAT | O_EXCL, _FILE_MODE)
            try:
                while content:
                    content = content[write(file, content) :]
            finally:
                close(file)
            rename(unfinished, path)
        except OSError as error:
            raise CaptureFailed("store") from error

    def _remove_old(self, name: str) -> None:
        """Removes the days of the same tenant and model that are over."""
        found = parse_name(name)
        if found is None:
            return
        folder = parent(parent(join(self._root, name)))
        first = find_first_day(found.days, self._clock())
        for day in listdir(folder):
            if day < first:
                for file in listdir(join(folder, day)):
                    unlink(join(join(folder, day), file))
                rmdir(join(folder, day))


def _make_folders(path: str) -> None:
    try:
        mkdir(path, _FOLDER_MODE)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make_folders(parent(path))
        _make_folders(path)
