"""Faults that are known and that Pilotlight does not mend, each with the reason. A run counts them apart.

Add an entry only where neither ONNX Runtime nor the manifest can tell the runtime better.
"""

from __future__ import annotations

from typing import NamedTuple

from fuzz.oracle.answers import ACCEPTED, EXCEPTION, FAILED, Fault


class Allowed(NamedTuple):
    """kind: of the fault. words: what its detail has in it. why: the reason. target: a function's name, "" for all."""

    kind: str
    words: str
    why: str
    target: str = ""


_FAILS_ON_ZEROS = (
    "the graph fails in the same way on the zeros of the warm-up, so the model counts as the one that fails"
)

ALLOWED = (
    Allowed(
        FAILED,
        "an output of",
        "ONNX Runtime gets no memory for an output of that size; with more memory the function would make it",
    ),
    Allowed(
        ACCEPTED,
        "k beyond 32 bits",
        "ONNX Runtime's TopK cuts k to 32 bits and then answers as if less were asked for",
        "top-k",
    ),
    *(
        Allowed(FAILED, "the model failed on this input", _FAILS_ON_ZEROS, name)
        for name in ("reshape", "resize", "mod-int64", "fmod-int32")
    ),
    Allowed(
        EXCEPTION,
        "surrogates not allowed",
        "to be mended: a direct answer that repeats half of a surrogate pair in the id ends the runtime client",
    ),
)


def find_reason(target: str, fault: Fault) -> str:
    """Why a fault is allowed; "" where it is not."""
    for entry in ALLOWED:
        if entry.kind == fault.kind and entry.words in fault.detail and entry.target in ("", target):
            return f"{fault.kind}: {entry.why}"
    return ""
