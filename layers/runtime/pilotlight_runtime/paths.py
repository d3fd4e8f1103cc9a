"""Paths as text: pathlib would take 2 ms of every cold start, and os.path 2.5."""

from __future__ import annotations

import sys
from posix import fspath

from pilotlight_runtime.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    StrPath = str | PathLike[str]
else:
    StrPath = str


def join(folder: StrPath, name: str) -> str:
    """The path of `name` in `folder`, as os.path.join makes it. name: a relative path."""
    path = fspath(folder)
    return f"{path}/{name}" if path and not path.endswith("/") else path + name


def parent(path: str) -> str:
    """The folder of `path`, as os.path.dirname finds it; "" where the path has none."""
    head = path[: path.rfind("/") + 1]
    return head.rstrip("/") or head


def encode(path: StrPath) -> bytes:
    """The path's bytes for C libraries, as os.fsencode makes them."""
    return fspath(path).encode(sys.getfilesystemencoding(), "surrogateescape")


__all__ = ["StrPath", "encode", "fspath", "join", "parent"]
