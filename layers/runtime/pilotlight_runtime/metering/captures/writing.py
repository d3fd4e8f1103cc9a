"""Writes one capture, or one line of the log that says why it is lost."""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, NamedTuple, Protocol, TextIO
from pilotlight_runtime.metering.captures.aes_gcm import AesGcm, SealBroken
from pilotlight_runtime.metering.captures.data_keys import DataKeys, find_consent
from pilotlight_runtime.metering.captures.documents import Exchange, write_document
from pilotlight_runtime.metering.captures.failure import Away, CaptureFailed
from pilotlight_runtime.metering.captures.names import make_name
from pilotlight_runtime.metering.captures.sealing import seal
from pilotlight_runtime.metering.store import StoreFailed
from pilotlight_runtime.metering.tenant import ACTIVE, STATE

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Item
    from pilotlight_runtime.metering.keys import Random

LOST: Final = "capture lost"
PAUSE: Final = 60.0
"""Seconds without captures after something did not answer, so that few requests wait for it."""
LONGEST_MS: Final = 4_000.0
"""What a capture may take: 2 s for the table, 1 s for KMS, 1 s for S3."""
_encode: Final = make_encoder(separators=(",", ":"))


class CaptureStore(Protocol):
    """Where captures are kept."""

    def write(self, name: str, content: bytes) -> None:
        """Writes a capture, all of it or nothing.

        Args:
            name: See names.make_name.
            content: What sealing.seal returned.

        Raises:
            CaptureFailed: It was not written.
        """


class Parts(NamedTuple):
    """What a capture goes through.

    Attributes:
        read: Reads a tenant's item as it is now; StoreFailed where it cannot.
        keys: Finds data keys.
        cipher: Encrypts.
        store: Takes the captures.
    """

    read: Callable[[str], Item | None]
    keys: DataKeys
    cipher: AesGcm
    store: CaptureStore


class CaptureWriter:
    """Writes captures.

    Args:
        parts: What they go through.
        days: For how many days they are kept.
        log: Takes the lines about captures that are lost.
        clock: Seconds since the epoch.
        random: Makes random bytes, fit for secrets.
    """

    def __init__(self, parts: Parts, days: int, log: TextIO, clock: Callable[[], float], random: Random) -> None:
        self._parts = parts
        self._days = days
        self._log = log
        self._clock = clock
        self._random = random
        self._from = 0.0

    def write(self, exchange: Exchange, deadline_ms: float | None = None) -> None:
        """Writes a capture, if its tenant agrees. It raises nothing: what fails is logged.

        Args:
            exchange: What is captured.
            deadline_ms: When Lambda ends the invocation, in milliseconds since the epoch; None for no such time.
        """
        now = self._clock()
        if self._from - PAUSE <= now < self._from:  # a clock that was set back must not keep the pause
            return
        if deadline_ms is not None and deadline_ms - now * 1000 < LONGEST_MS:
            self.lose(exchange.tenant, exchange.request_id, "time")
            return
        try:
            self._write(exchange, now)
        except CaptureFailed as error:
            if isinstance(error, Away):
                self._from = self._clock() + PAUSE
            self.lose(exchange.tenant, exchange.request_id, error.place)
        except SealBroken:
            self.lose(exchange.tenant, exchange.request_id, "cipher")
        except MemoryError:
            self.lose(exchange.tenant, exchange.request_id, "memory")

    def close(self) -> None:
        """Closes what is open."""
        self._parts.keys.close()

    def lose(self, tenant: str, request_id: str, place: str) -> None:
        """Logs that a capture is lost.

        Args:
            tenant: The tenant's id.
            request_id: Lambda's id of the invocation.
            place: What failed; see CaptureFailed.
        """
        fields = {"level": "WARNING", "message": LOST, "request_id": request_id, "tenant": tenant, "failed": place}
        try:
            self._log.write(_encode(fields) + "\n")
            self._log.flush()
        except (OSError, ValueError):  # app.py has closed stdout
            return

    def _write(self, exchange: Exchange, now: float) -> None:
        parts = self._parts
        try:
            item = parts.read(exchange.tenant)
        except (StoreFailed, LookupError, ValueError) as error:
            raise Away("table") from error
        consent = find_consent(item)
        if consent is None or item is None or item.get(STATE) != ACTIVE:
            return
        key = parts.keys.find(exchange.tenant, consent)
        name = make_name(self._days, exchange.tenant, exchange.model, now, self._random)
        parts.store.write(name, seal(parts.cipher, key, name, write_document(exchange), self._random))
