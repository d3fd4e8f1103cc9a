"""Why ONNX Runtime does not open a file, without the temporary copy that it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import escape_controls
from pilotlight_runtime.errors import SessionError

_MAX_REASON: Final = 500
"""The most characters of a message of ONNX Runtime. It lists every input of a node."""

_UNKNOWN: Final = ("No Op registered", "is not a registered function/op")
"""What ONNX Runtime says of an operator that it does not know."""


def cannot_open(source: Path, copy: Path, error: SessionError) -> ConversionError:
    """Make the error for a file that ONNX Runtime does not open.

    Args:
        source: The file of the user.
        copy: The copy that ONNX Runtime was given.
        error: Its error.
    """
    reason = read_reason(source, copy, error)
    hint = "Check it with onnx.checker, or export it for a known opset."
    if any(sign in reason for sign in _UNKNOWN):
        hint = "ONNX Runtime has no such operator: export the model without it, from operators of ONNX."
    return ConversionError(str(source), f"cannot be opened by ONNX Runtime: {_shorten(reason)}", hint)


def read_reason(source: Path, copy: Path, error: SessionError) -> str:
    """Return what ONNX Runtime says, about the file of the user instead of the copy.

    Args:
        source: The file of the user.
        copy: The copy that ONNX Runtime was given.
        error: Its error.
    """
    text = " ".join(str(error.__cause__ or error).split())
    text = text.removeprefix(f"Load model from {copy} failed:").strip()
    return text.replace(str(copy), str(source)).replace(str(copy.parent), str(source.parent))


def _shorten(reason: str) -> str:
    """The signatures of C++ functions come first, and the reason last."""
    text = reason.rstrip(".")
    if len(text) > _MAX_REASON:
        text = f"{text[:100]} … {text[100 - _MAX_REASON :]}"
    return escape_controls(text)
