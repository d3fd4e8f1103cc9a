"""A stop that arrives in the middle of a fit."""

from __future__ import annotations

from typing import Any

from pilotlight.core.stop_request import StopRequest


class StopAfter:
    """A stop that is requested after so many looks: one a batch but the last of an epoch, one an epoch but the last."""

    def __init__(self, looks: int) -> None:
        self._left = looks
        self._stop = StopRequest()

    @property
    def requested(self) -> bool:
        self._left -= 1
        return self._left < 0

    def watch(self) -> Any:
        return self._stop.watch()
