"""One call in a thread of its own, while this thread waits for something outside Python."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from pilotlight_runtime.light_typing import Any


class BackgroundTask:
    """Calls `work` in a thread. The standard library's futures would do, but take 5 ms to import."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="background")

    def start(self) -> None:
        """Starts the thread; once."""
        self._thread.start()

    def result(self) -> Any:
        """Waits for the thread and returns what `work` returned, or raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001  (result() raises it again in the thread that asks for it)
            self._error = error
