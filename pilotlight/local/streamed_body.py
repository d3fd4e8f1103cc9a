"""The body of a response that a function still makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator


class StreamedBody:
    """Parts of a body, as the function makes them. Read it to its end or close it: until then the function is busy.

    Args:
        parts: The parts. They raise a FunctionFault where the function fails in the middle.
        release: Called once, where the body ends, fails or is closed.
    """

    def __init__(self, parts: Iterator[bytes], release: Callable[[], object]) -> None:
        self._parts = parts
        self._release: Callable[[], object] | None = release

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop reading. The function's next write fails where it has not sent the whole body."""
        release, self._release = self._release, None
        self._parts = iter(())
        if release is not None:
            release()
