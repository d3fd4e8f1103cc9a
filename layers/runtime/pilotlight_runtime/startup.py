"""What all functions do at init: logs, metrics and SnapStart."""

from __future__ import annotations

import sys
from posix import urandom

from pilotlight_runtime.late_imports import when_imported
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, Protocol, TextIO
from pilotlight_runtime.observer import Observer
from pilotlight_runtime.snapstart import register_after_restore, reseed


class Renewable(Observer, Protocol):
    """An observer with an id that no two execution environments may share."""

    def renew(self) -> None:
        """Makes a new id."""


MakeObserver = Callable[[TextIO, str, str, Callable[[], str]], Renewable]
"""Makes an observer of a stream, the function's name, its version, and a function that makes ids."""


_LOGGERS: Final = ("asyncio", "concurrent.futures")
"""They log the errors of tasks and callbacks that nobody waits for, with the errors' messages."""
_ERROR: Final = 40
"""`logging.ERROR`."""


def start_observer(
    make: MakeObserver, name: str, version: str, environ: Mapping[str, str], stream: TextIO | None
) -> Observer:
    """Makes the observer of the function `name`, renewed after each restore. stream: stdout where None."""
    observer = make(stream or sys.stdout, name, version, _new_instance)
    _report_stray_errors(observer)

    def renew() -> None:
        reseed()
        observer.renew()

    register_after_restore(environ, renew)
    return observer


def _report_stray_errors(observer: Observer) -> None:
    """Has errors in threads, tasks and finalizers of app.py, and Python's warnings, logged without their messages.

    Python would write them to stderr, which is the log too, with all that they quote. Hooks that are not Python's own
    stay. Modules that app.py imports later are hooked then.
    """

    def report(args: Any) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            observer.warning("an error outside of a request", args.exc_value)

    def warn(_message: object, category: type, file: str, line: int, *_: object) -> None:
        from pilotlight_runtime.tracebacks import location, qualified_name

        observer.warning(f"{qualified_name(category)} at {location(file, line)}", None)

    def hook_threads(threading: Any) -> None:
        if threading.excepthook is threading.__excepthook__:
            threading.excepthook = report

    def hook_warnings(warnings: Any) -> None:
        if warnings.showwarning.__module__ == warnings.__name__:
            warnings.showwarning = warn

    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = report
    when_imported("threading", hook_threads)
    when_imported("warnings", hook_warnings)
    when_imported("logging", lambda logging: _withhold_logged_errors(logging, observer))


def _withhold_logged_errors(logging: Any, observer: Observer) -> None:
    """Has the errors that Python's own libraries log logged without their messages."""

    def withhold(record: Any) -> bool:
        if record.levelno < _ERROR:
            return True
        observer.warning("an error outside of a request", record.exc_info[1] if record.exc_info else None)
        return False

    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not logger.filters:
            logger.addFilter(withhold)


def _new_instance() -> str:
    return urandom(6).hex()
