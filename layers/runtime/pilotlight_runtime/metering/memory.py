"""What a function remembers of keys for a short time, in tables that cannot grow."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple

SECONDS: Final = 60
"""The longest that anything is remembered."""
MOST: Final = 4096
"""Entries of a table."""


class Caller(NamedTuple):
    """Who asks, by a key that was accepted.

    Attributes:
        tenant: The tenant's id.
        key_hash: The SHA-256 of the key, in hex.
        key_id: The id of the key.
    """

    tenant: str
    key_hash: str
    key_id: str


class Memory:
    """Values by the hashes of keys, each until a time. The oldest entry makes room for a new one.

    Args:
        most: The most entries.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries: dict[str, tuple[float, Any]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key_hash: str, now: float) -> Any:
        """The value of a key; None where there is none, or its time is over.

        Args:
            key_hash: The SHA-256 of the key.
            now: Seconds since the epoch.
        """
        until, value = self._entries.get(key_hash, (0.0, None))
        if value is None:
            return None
        if until - SECONDS <= now < until:  # a clock that was set back must not keep an entry
            return value
        self._entries.pop(key_hash, None)
        return None

    def keep(self, key_hash: str, value: Any, until: float) -> None:
        """Remembers a value.

        Args:
            key_hash: The SHA-256 of the key.
            value: The value.
            until: Seconds since the epoch; at most SECONDS from now.
        """
        self._entries.pop(key_hash, None)
        while len(self._entries) >= self._most:
            del self._entries[next(iter(self._entries))]
        self._entries[key_hash] = (until, value)

    def forget(self, key_hash: str) -> None:
        """Forgets a key."""
        self._entries.pop(key_hash, None)
