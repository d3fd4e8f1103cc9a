"""What every function does at init besides its own part: logs, metrics and SnapStart."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from pilotlight_runtime.observer import Observer
from pilotlight_runtime.snapstart import register_after_restore, reseed


def start_observer(name: str, version: str, environ: Mapping[str, str], stream: TextIO | None) -> Observer:
    """The observer of the function `name`, renewed after each restore from a snapshot. stream: stdout where None."""
    from pilotlight_runtime.powertools_observer import (  # noqa: PLC0415  (45 ms, not where another observer is given)
        PowertoolsObserver,
    )

    observer = PowertoolsObserver(stream or sys.stdout, name, version, _new_instance)

    def renew() -> None:
        reseed()
        observer.renew()

    register_after_restore(environ, renew)
    return observer


def _new_instance() -> str:
    return os.urandom(6).hex()
