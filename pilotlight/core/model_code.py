"""The Python modules of one model, importable while its code runs.

A model's train.py imports modules that lie beside it, such as `training.network`, and modules at the project's root. So
both folders are first on sys.path while that code runs. Two models may each have a `training/network.py`: before and
after, sys.modules holds none of either.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Final

_FUNCTIONS: Final = "functions"


class ModelCode:
    """The modules of the model in `folder`. They stay the same objects from one `active` block to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._modules: dict[str, ModuleType] = {}
        self._depth = 0

    def owns(self, file: str | Path) -> bool:
        """Whether `file` lies in the model's folder."""
        return Path(file).absolute().is_relative_to(self._folder)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Makes the model's modules importable inside the block. Blocks may be nested."""
        self._depth += 1
        try:
            if self._depth > 1:
                yield
            else:
                with self._on_path(), self._in_modules():
                    yield
        finally:
            self._depth -= 1

    @contextmanager
    def _on_path(self) -> Iterator[None]:
        # The root of a project is the folder that holds functions/.
        root = [self._folder.parents[1]] if self._folder.parent.name == _FUNCTIONS else []
        entries = [str(self._folder), *map(str, root)]
        sys.path[:0] = entries
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for entry in entries:
                with suppress(ValueError):  # the code itself may have changed sys.path
                    sys.path.remove(entry)

    @contextmanager
    def _in_modules(self) -> Iterator[None]:
        """Sets aside modules of other code that have the names of this model's."""
        before = self._take_out()
        sys.modules.update(self._modules)
        try:
            yield
        finally:
            self._modules = self._take_out()
            sys.modules.update(before)

    def _take_out(self) -> dict[str, ModuleType]:
        names = self._names()
        found = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
        for name in found:
            del sys.modules[name]
        return found

    def _names(self) -> set[str]:
        """The names that an import finds in the folder. A module of Python's own is never replaced."""
        files = {path.stem for path in self._folder.glob("*.py")}
        packages = {path.parent.name for path in self._folder.glob("*/*.py")}
        return (files | packages) - sys.stdlib_module_names
