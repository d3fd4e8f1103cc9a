"""Finds ONNX Runtime's shared library in its wheel, without importing the wheel's Python package."""

from __future__ import annotations

from posix import listdir

from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.light_typing import Final, Sequence
from pilotlight_runtime.paths import join

_FOLDER: Final = "onnxruntime/capi"
_MACHINES: Final = {62: "x86_64", 183: "aarch64"}
"""What `uname -m` prints, by e_machine of an ELF file (System V ABI, "ELF Header")."""
_ARCHITECTURES: Final = {"x86_64": "x86_64", "aarch64": "arm64"}
"""What template.yaml calls them."""


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


def explain_machine(path: str, machine: str) -> str:
    """Explains why a library does not load, where it is one for another processor. The linker says that it is missing.

    Args:
        path: The library.
        machine: The output of `uname -m`.

    Returns:
        The reason, and what to do next; "" where the library is for this processor, or is none.
    """
    with open(path, "rb") as file:
        head = file.read(20)
    made_for = _MACHINES.get(int.from_bytes(head[18:], "little")) if head.startswith(b"\x7fELF") else None
    if made_for is None or machine not in _ARCHITECTURES or made_for == machine:
        return ""
    advice = f"run `sam build` and `sam deploy` with the parameter Architecture={_ARCHITECTURES[machine]}"
    return f"it is for {made_for}, and this processor is {machine}: {advice}"


def _is_library(name: str) -> bool:
    """Linux: libonnxruntime.so.1.2.3; macOS: libonnxruntime.1.2.3.dylib. Not libonnxruntime_providers_shared.so."""
    return name.startswith("libonnxruntime.") and (name.endswith(".dylib") or ".so" in name)
