"""Why a capture is lost."""

from __future__ import annotations


class CaptureFailed(Exception):
    """A capture cannot be written.

    Args:
        place: What failed, for the log: "table", "key", "store", "cipher", "memory" or "time". It says nothing of a
            request.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class Away(CaptureFailed):
    """Something did not answer in time, so that others would wait for it too."""
