"""What all functions do at init: logs, metrics and SnapStart."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from pilotlight_runtime.light_typing import Protocol, TextIO
from pilotlight_runtime.observer import Observer
from pilotlight_runtime.snapstart import register_after_restore, reseed


class Renewable(Observer, Protocol):
    """An observer with an id that no two execution environments may share."""

    def renew(self) -> None:
        """Makes a new id."""


MakeObserver = Callable[[TextIO, str, str, Callable[[], str]], Renewable]
"""Makes an observer of a stream, the function's name, its version, and a function that makes ids."""


def start_observer(
    make: MakeObserver, name: str, version: str, environ: Mapping[str, str], stream: TextIO | None
) -> Observer:
    """Makes the observer of the function `name`, renewed after each restore. stream: stdout where None."""
    observer = make(stream or sys.stdout, name, version, _new_instance)

    def renew() -> None:
        reseed()
        observer.renew()

    register_after_restore(environ, renew)
    return observer


def _new_instance() -> str:
    return os.urandom(6).hex()
