"""Faults that are known and that Pilotlight does not mend, each with the reason. A run counts them apart.

Add an entry only where neither ONNX Runtime nor the manifest can tell the runtime better.
"""

from __future__ import annotations

from typing import NamedTuple

from fuzz.oracle.answers import Fault


class Allowed(NamedTuple):
    """target: the function's name. kind: of the fault. words: what its detail has in it. why: the reason."""

    target: str
    kind: str
    words: str
    why: str


ALLOWED: tuple[Allowed, ...] = ()


def find_reason(target: str, fault: Fault) -> str:
    """Why a fault is allowed; "" where it is not."""
    for entry in ALLOWED:
        if (entry.target, entry.kind) == (target, fault.kind) and entry.words in fault.detail:
            return f"{target}: {entry.why}"
    return ""
