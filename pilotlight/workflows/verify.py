"""Reads the files of a version in the store, and reports how far it is where that takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pilotlight.core.progress import Progress
from pilotlight_runtime.manifest import Manifest

_LARGE_BYTES: Final = 100_000_000
"""Smaller versions are read before a person looks up. From S3 they take some seconds."""


def report_reading(manifest: Manifest, progress: Progress) -> Callable[[int], object]:
    """Return a function that takes the number of bytes that were read of a version, and reports the progress.

    Args:
        manifest: The manifest of the version. Nothing is reported for a small version.
        progress: Where to report.
    """
    total, done = sum(file.size for file in manifest.files), 0
    if total < _LARGE_BYTES:
        return lambda _: None
    progress.stage(f"verify {manifest.model}@{manifest.version}")

    def report(count: int) -> None:
        nonlocal done
        done = min(done + count, total)
        progress.step(done, total, {})

    return report
