"""What an optimised graph depends on: the engine's version and the CPU's features.

ONNX Runtime stores the weights of convolutions in blocks as wide as the CPU's registers, and its fused operators belong
to one version. On another host it refuses such a graph at best.
"""

from __future__ import annotations

from posix import uname

from pilotlight_runtime.light_typing import Final

OPTIMIZED_NAME: Final = "optimized.onnx"
"""The file of a graph that ONNX Runtime has optimised for one host. It is opened without further optimisation."""

FEATURES: Final = ("sse4_1", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl")
"""x86 flags of /proc/cpuinfo by which ONNX Runtime chooses kernels and layouts of floating-point operators."""

CPU_INFO: Final = "/proc/cpuinfo"
_ENOUGH: Final = 16_384
"""Bytes. The first processor's entry is shorter, and all processors of a machine are alike."""


def describe_host(engine: str, *, machine: str | None = None, cpu_info: str = CPU_INFO) -> str:
    """Describes the engine and the CPU. Hosts with equal descriptions may share an optimised graph.

    Args:
        engine: The version of ONNX Runtime.
        machine: The output of `uname -m`; None asks this machine.
        cpu_info: The path of /proc/cpuinfo. Where it cannot be read, the machine alone describes the CPU.

    Returns:
        The description.
    """
    found = " ".join(name for name in FEATURES if name in _flags(cpu_info))
    return f"onnxruntime {engine}, {machine or uname().machine} {found}".rstrip()


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
