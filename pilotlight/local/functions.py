"""A packaged function, loaded as Lambda loads it: app.py imported once, its `handler` called once an event."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ServiceError
from pilotlight.core.python_files import ExitedAtImport, load_python_file
from pilotlight.local.context import LocalContext
from pilotlight_runtime.errors import LoadError

Handler = Callable[[Any, Any], Any]

_NUMBERS: Final = itertools.count()


class Function:
    """A loaded function. It handles one event at a time, as an execution environment of Lambda does."""

    def __init__(self, name: str, handler: Handler) -> None:
        self.name = name
        self._handler = handler
        self._turn = threading.Lock()

    def __call__(self, event: Any, request_id: str) -> Any:
        """Return what the handler returns for this event; whatever it raises comes through."""
        with self._turn:
            return self._handler(event, LocalContext(self.name, request_id))


def load_function(name: str, folder: Path) -> Function:
    """Import app.py of a packaged function under a module name of its own, and take its `handler`.

    app.py can import modules that lie beside it while it loads. They are forgotten afterwards, so that two functions
    may both have a `features.py`.

    Args:
        name: The model, or catalog.
        folder: The packaged function.

    Raises:
        ServiceError: app.py is missing or does not load, or the model beside it is damaged.
    """
    app = folder / "app.py"
    if not app.is_file():
        raise ServiceError(str(app), "is missing", "Package the function again with `pilotlight package`.")
    try:
        with _first_on_path(folder):
            module = load_python_file(app, f"pilotlight_local_{next(_NUMBERS)}")
    except LoadError as error:
        raise ServiceError(
            f"function {name}",
            f"refuses to start: {error}",
            "Pin or publish the model again, unless the error names another cause.",
        ) from error
    except ExitedAtImport as error:
        hint = "A function is imported to be called: let app.py raise an error instead."
        raise ServiceError(f"function {name}", f"app.py cannot be used: {error}", hint) from error
    except (Exception, GeneratorExit) as error:
        raise build_import_error(name, error) from error
    handler = getattr(module, "handler", None)
    if not callable(handler):
        raise ServiceError(str(app), "has no function called handler", "Assign handler = model_handler(__file__).")
    return Function(name, handler)


def build_import_error(name: str, error: BaseException) -> ServiceError:
    """Return the error for an app.py that raised while it was imported.

    Args:
        name: The model, or catalog.
        error: What it raised.
    """
    message = f": {error}" if str(error) else ""
    hint = "Correct app.py; --debug shows where."
    if isinstance(error, ModuleNotFoundError):
        hint = "Install the package in this environment too, or correct app.py; --debug shows where."
    return ServiceError(f"function {name}", f"app.py raised {type(error).__name__} at import{message}", hint)


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    entry = str(folder)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file is not None and str(file).startswith(entry + os.sep):  # Path would take 10 ms for all modules
                del sys.modules[name]
