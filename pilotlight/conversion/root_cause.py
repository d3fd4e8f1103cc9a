"""The cause of a converter's exception in one line.

A converter wraps the exception of a library in its own, and lists attributes of thousands of numbers. The exception at
the end of the chain says what is wrong.
"""

from __future__ import annotations

from typing import Final

_MAX: Final = 300
_INSIGNIFICANT: Final = ("You may raise an issue", "It usually means", "This model may", "If you are", "a full listing")
"""How skl2onnx and protobuf begin lines that say nothing about the model."""


def find_root_cause(error: BaseException) -> BaseException:
    """Return the exception that an exception was raised from, through every step."""
    seen = {id(error)}
    while True:
        inner = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if inner is None or id(inner) in seen or not str(inner).strip():
            return error
        seen.add(id(inner))
        error = inner


def describe_root_cause(error: BaseException) -> str:
    """Describe the root cause of an exception with its kind, in one line: "ValueError: x is negative"."""
    cause = find_root_cause(error)
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    useful = [line for line in lines if not line.startswith(_INSIGNIFICANT)]
    text = (useful or lines or [""])[0]
    for start in _INSIGNIFICANT:
        text = text.split(f" {start}")[0]
    text = text if len(text) <= _MAX else f"{text[:_MAX]} …"
    kind = type(cause).__name__
    return f"{kind}: {text.rstrip('. ')}" if text else kind
