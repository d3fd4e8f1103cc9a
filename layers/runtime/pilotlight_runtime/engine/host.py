"""What an optimised graph depends on: the engine's version and what its kernels find in the CPU.

ONNX Runtime lays the weights of convolutions out in blocks as wide as the CPU's registers, and its fused operators
belong to one version. Opened elsewhere such a graph is refused at best.
"""

from __future__ import annotations

import os

from pilotlight_runtime.light_typing import Final

OPTIMIZED_NAME: Final = "optimized.onnx"
"""A graph as ONNX Runtime optimised it for one host. It is opened as it is."""

FEATURES: Final = ("sse4_1", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl")
"""Flags of /proc/cpuinfo on x86 by which ONNX Runtime chooses kernels and layouts of floating-point operators."""

CPU_INFO: Final = "/proc/cpuinfo"
_ENOUGH: Final = 16_384
"""Bytes: the first processor's entry is a fraction of this, and all of a machine's are alike."""


def describe_host(engine: str, *, machine: str | None = None, cpu_info: str = CPU_INFO) -> str:
    """The engine of version `engine` on this CPU, in words that are equal where an optimised graph may be shared.

    machine: as `uname -m`. Where cpu_info cannot be read, as outside Linux, the machine alone describes the CPU.
    """
    found = " ".join(name for name in FEATURES if name in _flags(cpu_info))
    return f"onnxruntime {engine}, {machine or os.uname().machine} {found}".rstrip()


def _flags(path: str) -> list[str]:
    try:
        with open(path, "rb", buffering=0) as file:
            text = file.read(_ENOUGH).decode("ascii", "replace")
    except OSError:
        return []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return value.split()
    return []
