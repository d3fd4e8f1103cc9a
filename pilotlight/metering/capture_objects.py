"""Captures as the tool sees them: objects with names, in a bucket or in a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pilotlight.core.errors import MeteringError


class CaptureObjects(Protocol):
    """Where captures are. Every method raises MeteringError where it cannot be used."""

    @property
    def location(self) -> str:
        """Where it is, for messages."""

    def list_objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield name and size in bytes of every object whose name begins with `prefix`, sorted by name.

        Args:
            prefix: What the names begin with. It ends with a slash.
        """

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None where there is none."""

    def remove(self, names: Iterable[str]) -> None:
        """Delete objects for good. Those that are not there do no harm."""


class FolderObjects:
    """Captures in a folder, which pilotlight_runtime.metering.captures.folder writes. See CaptureObjects.

    Args:
        root: The folder, which need not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def location(self) -> str:
        """Where it is, for messages."""
        return str(self._root)

    def list_objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield name and size in bytes of every object whose name begins with `prefix`, sorted by name."""
        with self._translate():
            found = sorted(path for path in (self._root / prefix).rglob("*") if path.is_file())
            yield from [(str(path.relative_to(self._root)), path.stat().st_size) for path in found]

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None where there is none."""
        with self._translate():
            path = self._root / name
            return path.read_bytes() if path.is_file() else None

    def remove(self, names: Iterable[str]) -> None:
        """Delete objects for good. Those that are not there do no harm."""
        with self._translate():
            for name in names:
                (self._root / name).unlink(missing_ok=True)

    @contextmanager
    def _translate(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "Check its permissions and run the command again."
            raise MeteringError(self.location, f"cannot be used: {error.strerror}", hint) from error
