"""Acts on a module of the standard library when something imports it, which most functions never do."""

from __future__ import annotations

import sys

from pilotlight_runtime.light_typing import Any, Callable


def when_imported(name: str, act: Callable[[Any], None]) -> None:
    """Calls `act` with the module: now where it is loaded, else as soon as it has been.

    Args:
        name: The module's full name.
        act: Takes the module.
    """
    module = sys.modules.get(name)
    if module is not None:
        act(module)
    else:
        sys.meta_path.insert(0, _Watch(name, act))


class _Watch:
    """Finds one module as the other finders do, and has `act` called once it has run. It leaves sys.meta_path then."""

    def __init__(self, name: str, act: Callable[[Any], None]) -> None:
        self._name = name
        self._act = act
        self._finding = False

    def find_spec(self, name: str, *rest: Any) -> Any:
        """See importlib.abc.MetaPathFinder."""
        if name != self._name or self._finding:  # another watch of this module asks all finders too
            return None
        self._finding = True
        try:
            specs = (finder.find_spec(name, *rest) for finder in (*sys.meta_path,) if finder is not self)
            spec: Any = next((spec for spec in specs if spec is not None), None)
        finally:
            self._finding = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._finish)
        return spec

    def _finish(self, module: Any) -> None:
        """The module has run. Somebody may also only have asked for its spec, and then the watch goes on."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            self._act(module)


class _Loader:
    """Loads a module by another loader, then calls `act`."""

    def __init__(self, loader: Any, act: Callable[[Any], None]) -> None:
        self._loader = loader
        self._act = act

    def exec_module(self, module: Any) -> None:
        """See importlib.abc.Loader."""
        self._loader.exec_module(module)
        self._act(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
