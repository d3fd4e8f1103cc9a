"""Optional packages, which the extra llm installs."""

from __future__ import annotations

import importlib
from types import ModuleType

from pilotlight.core.errors import ProjectError


def import_package(name: str, *, extra: str = "pilotlight[llm]") -> ModuleType:
    """Import a package that not every installation has.

    Args:
        name: The package.
        extra: What `pip install` needs to get it.

    Raises:
        ProjectError: It is not installed. The message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        what = "is not installed, and importing a language model needs it"
        raise ProjectError(f"the package {name}", what, f"Run `pip install '{extra}'`.") from error
