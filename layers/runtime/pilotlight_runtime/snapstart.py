"""Lambda SnapStart: renews what environments restored from one snapshot must not share."""

from __future__ import annotations

import sys

from pilotlight_runtime.light_typing import Callable, Final, Mapping

SNAP_START: Final = "snap-start"
"""Value of AWS_LAMBDA_INITIALIZATION_TYPE while a snapshot is made (Lambda Developer Guide, "Runtime hooks")."""


def makes_snapshot(environ: Mapping[str, str]) -> bool:
    """Whether this start ends in a snapshot. What it imports is then imported once for all environments."""
    return environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == SNAP_START


def register_after_restore(environ: Mapping[str, str], renew: Callable[[], None]) -> bool:
    """Registers `renew`, which Lambda calls after each restore; False where this start makes no snapshot.

    The package with the hooks comes with Lambda's managed runtime. It takes 4 ms to import, so no other start does.
    """
    if not makes_snapshot(environ):
        return False
    try:
        from snapshot_restore_py import (
            register_after_restore as register,
        )
    except ImportError:
        return False
    register(renew)
    return True


def reseed() -> None:
    """Seeds the loaded random generators anew: else all restored environments would draw the same numbers."""
    if "random" in sys.modules:
        sys.modules["random"].seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
