"""One call in a thread of its own, for as long as this thread waits for something outside Python."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from pilotlight_runtime.typed import Any


class Aside:
    """Calls `work` in a thread once started. result() is what it returned, or raises what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="aside")

    def start(self) -> None:
        """Starts the thread; once."""
        self._thread.start()

    def result(self) -> Any:
        """Waits for the thread's end."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that asks for the result)
            self._error = error
