"""Finds ONNX Runtime's shared library in its wheel, without importing the wheel's Python package."""

from __future__ import annotations

from posix import listdir

from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.light_typing import Final, Sequence
from pilotlight_runtime.paths import join

_FOLDER: Final = "onnxruntime/capi"


def find_library(search: Sequence[str]) -> str:
    """Finds libonnxruntime in the first folder of `search` that has the wheel's files.

    Args:
        search: Folders with packages, such as sys.path.

    Returns:
        The path of the library.

    Raises:
        SessionError: No folder has it; the message lists them.
    """
    for entry in search:
        folder = join(entry or ".", _FOLDER)
        try:
            names = listdir(folder)
        except OSError:  # no such folder, or `entry` is a zip file
            continue
        found = sorted(name for name in names if _is_library(name))
        if found:
            return join(folder, found[-1])
    raise SessionError(f"libonnxruntime is in {_FOLDER} of none of {', '.join(search)}")


def _is_library(name: str) -> bool:
    """Linux: libonnxruntime.so.1.2.3; macOS: libonnxruntime.1.2.3.dylib. Not libonnxruntime_providers_shared.so."""
    return name.startswith("libonnxruntime.") and (name.endswith(".dylib") or ".so" in name)
