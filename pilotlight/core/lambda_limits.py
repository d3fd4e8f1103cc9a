"""Limits of AWS Lambda on what a function is and has (Lambda Developer Guide, "Lambda quotas")."""

from typing import Final

UNZIPPED_LIMIT: Final = 262_144_000
"""Bytes of a function with its layers, unzipped: AWS's 250 MB."""
IMAGE_LIMIT: Final = 10 * 1024**3
"""Bytes of a container image, uncompressed: AWS's 10 GB."""

ONE_VCPU_MB: Final = 1769
"""The memory with which Lambda gives a function one vCPU, in MB of 1,048,576 bytes. No function of ours has less."""
MOST_MEMORY_MB: Final = 10_240
"""The most memory of a function, in MB of 1,048,576 bytes."""

_LAYER: Final = 48 * 1024**2
"""Bytes kept for the layer and the function's own code: the layer has 38 MB."""


def needs_image(model_bytes: int) -> bool:
    """Return whether a model is too large for a zip, so that its function becomes a container image.

    Args:
        model_bytes: The bytes of all files of the version.
    """
    return model_bytes > UNZIPPED_LIMIT - _LAYER


def choose_memory(needed_mb: int) -> int:
    """Return the memory that a function gets, in MB: what it needs, in steps of 64 MB, from one vCPU's on.

    Args:
        needed_mb: What it needs, in MB. More than Lambda has gives what Lambda has.
    """
    return ONE_VCPU_MB if needed_mb <= ONE_VCPU_MB else min(MOST_MEMORY_MB, -(-needed_mb // 64) * 64)
