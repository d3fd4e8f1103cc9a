"""Sets up `logging` when something imports it: it takes 5 ms to import, and most functions do not use it."""

from __future__ import annotations

import sys

from pilotlight_runtime.lambda_client.log_output import LogOutput
from pilotlight_runtime.light_typing import Any


def follow_import(output: LogOutput) -> None:
    """Sets up `logging` as Lambda's settings ask for, now if it is loaded, else as soon as it is."""
    if "logging" in sys.modules:
        _set_up(output)
    else:
        sys.meta_path.insert(0, _Watch(output))


class _Watch:
    """Finds `logging` as the other finders do, and has it set up after it has run. It leaves sys.meta_path then."""

    def __init__(self, output: LogOutput) -> None:
        self._output = output

    def find_spec(self, name: str, *rest: Any) -> Any:
        """See importlib.abc.MetaPathFinder."""
        if name != "logging":
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(name, *rest) for finder in sys.meta_path)
        spec: Any = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._output)
        return spec


class _Loader:
    """Loads a module by another loader, then sets up `logging`."""

    def __init__(self, loader: Any, output: LogOutput) -> None:
        self._loader = loader
        self._output = output

    def exec_module(self, module: Any) -> None:
        """See importlib.abc.Loader."""
        self._loader.exec_module(module)
        _set_up(self._output)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _set_up(output: LogOutput) -> None:
    from pilotlight_runtime.lambda_client.log_records import set_up

    set_up(output)
