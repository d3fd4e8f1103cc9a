"""One call in a thread of its own, while this thread waits for something outside Python."""

from __future__ import annotations

import atexit
from _thread import allocate_lock, start_new_thread

from pilotlight_runtime.light_typing import Any, Callable


class BackgroundTask:
    """Calls `work` in a thread. The standard library's futures would do, but take 5 ms to import, and threads 3 ms.

    The process does not end before the thread, which may use what Python and other libraries release at their end.
    `work` must not be the first to import `threading`, which takes its thread for the main one before Python 3.13.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._value: Any = None
        self._error: BaseException | None = None
        self._running = allocate_lock()

    def start(self) -> None:
        """Starts the thread; once."""
        self._running.acquire()
        atexit.register(self._join)
        start_new_thread(self._run, ())

    def result(self) -> Any:
        """Waits for the thread and returns what `work` returned, or raises what it raised."""
        self._join()
        atexit.unregister(self._join)
        if self._error is not None:
            raise self._error
        return self._value

    def _join(self) -> None:
        with self._running:
            pass

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001  (result() raises it again in the thread that asks for it)
            self._error = error
        finally:
            self._running.release()
