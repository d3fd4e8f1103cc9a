"""What an app.py uses, for people who work with the installed package: `from pilotlight.serving import Tensor`.

These are the names of `pilotlight_runtime`, which is the package that a function has in Lambda. Each is imported when
it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pilotlight_runtime
from pilotlight_runtime import __all__

if TYPE_CHECKING:
    from pilotlight_runtime import *  # noqa: F403  (one list of names instead of two)


if not TYPE_CHECKING:  # checkers would take it for a promise that every name exists

    def __getattr__(name: str) -> object:
        """Takes an exported name from the runtime when it is first used."""
        if name in __all__:
            return getattr(pilotlight_runtime, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The exported names."""
    return sorted({*globals(), *__all__})
