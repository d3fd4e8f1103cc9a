"""Faults that are known and that Pilotlight does not mend, each with the reason. A run counts them apart.

Add an entry only where neither ONNX Runtime nor the manifest can tell the runtime better.
"""

from __future__ import annotations

from typing import NamedTuple

from fuzz.oracle.answers import FAILED, Fault


class Allowed(NamedTuple):
    """kind: of the fault. words: what its detail has in it. why: the reason. target: a function's name, "" for all."""

    kind: str
    words: str
    why: str
    target: str = ""


ALLOWED = (
    Allowed(
        FAILED,
        "an output of",
        "ONNX Runtime gets no memory for an output of that size; with more memory the function would make it",
    ),
)


def find_reason(target: str, fault: Fault) -> str:
    """Why a fault is allowed; "" where it is not."""
    for entry in ALLOWED:
        if entry.kind == fault.kind and entry.words in fault.detail and entry.target in ("", target):
            return f"{fault.kind}: {entry.why}"
    return ""
