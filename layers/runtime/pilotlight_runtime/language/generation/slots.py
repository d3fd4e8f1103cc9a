"""The memory that an answer is made in: a cache with its decoder, and a sampler over its logits.

It is made once and kept warm. A second one is made only where two answers are made at the same time, as a local server
does and Lambda does not; only one is kept.
"""

from __future__ import annotations

from _thread import allocate_lock

from pilotlight_runtime.language.generation.grown_cache import GrownCache
from pilotlight_runtime.language.generation.sampler import Sampler
from pilotlight_runtime.language.generation.settings import GROWN, GenerationSettings
from pilotlight_runtime.language.generation.shared_cache import SharedCache
from pilotlight_runtime.light_typing import Mapping, NamedTuple
from pilotlight_runtime.session import Session

Cache = SharedCache | GrownCache


class Slot(NamedTuple):
    """What one answer at a time uses."""

    cache: Cache
    sampler: Sampler


class Slots:
    """Hands out slots.

    Args:
        sessions: The graphs `decoder` and `sampler`.
        settings: The sizes of the decoder.
    """

    def __init__(self, sessions: Mapping[str, Session], settings: GenerationSettings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._lock = allocate_lock()
        self._idle: Slot | None = self._make()

    def take(self) -> Slot:
        """The idle slot, or a new one."""
        with self._lock:
            slot, self._idle = self._idle, None
        return slot or self._make()

    def give_back(self, slot: Slot) -> None:
        """Keeps `slot`, with the text in its cache, for the next request."""
        with self._lock:
            self._idle = slot

    def _make(self) -> Slot:
        settings, decoder = self._settings, self._sessions["decoder"]
        cache: Cache
        if settings.cache == GROWN:
            cache = GrownCache(decoder, settings.vocabulary)
        else:
            cache = SharedCache(decoder, settings.context, settings.vocabulary)
        return Slot(cache, Sampler(self._sessions["sampler"], cache.logits))
