"""Where ONNX Runtime's shared library lies: in its wheel, whose Python package is never imported."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.light_typing import Final

_FOLDER: Final = "onnxruntime/capi"


def find_library(search: Sequence[str]) -> str:
    """The libonnxruntime of the first folder of `search` (laid out as sys.path is) that has the wheel's files.

    SessionError names the places looked at.
    """
    for entry in search:
        folder = os.path.join(entry or ".", _FOLDER)
        try:
            names = os.listdir(folder)
        except OSError:  # no such folder, or `entry` is a zip file
            continue
        found = sorted(name for name in names if _is_library(name))
        if found:
            return os.path.join(folder, found[-1])
    raise SessionError(f"libonnxruntime is in {_FOLDER} of none of {', '.join(search)}")


def _is_library(name: str) -> bool:
    """Linux: libonnxruntime.so.1.2.3; macOS: libonnxruntime.1.2.3.dylib. Not libonnxruntime_providers_shared.so."""
    return name.startswith("libonnxruntime.") and (name.endswith(".dylib") or ".so" in name)
