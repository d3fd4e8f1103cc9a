"""The data keys that captures are encrypted with, one for each tenant.

A tenant's item has `capture` while the tenant agrees: `kind`, `key` and `since`. In DynamoDB the key is encrypted by
AWS KMS, and its encryption context names the tenant, so that it serves no other. In a file of SQLite, which is for
trying things out, it is the key itself. Without `capture`, nothing is captured, and captures that exist cannot be read.
"""

from __future__ import annotations

from binascii import a2b_base64

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping, Protocol
from pilotlight_runtime.metering.captures.aes_gcm import KEY_BYTES
from pilotlight_runtime.metering.captures.failure import Away, CaptureFailed
from pilotlight_runtime.metering.memory import SECONDS, Memory
from pilotlight_runtime.metering.store import StoreFailed

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Item
    from pilotlight_runtime.metering.service_calls import ServiceCalls

CONSENT: Final = "capture"
"""The field of a tenant's item."""
BY_KMS: Final = "kms"
PLAIN: Final = "plain"
CONTEXT: Final = "tenant"
"""The name in KMS's encryption context. Its value is the tenant's id."""

_OPERATION: Final = "TrentService.Decrypt"
_MOST_KEYS: Final = 256
_write: Final = make_encoder(separators=(",", ":"))


class DataKeys(Protocol):
    """Finds the data keys of tenants."""

    def find(self, tenant: str, consent: Mapping[str, Any]) -> bytes:
        """Finds the data key of a tenant.

        Args:
            tenant: The tenant's id.
            consent: See find_consent.

        Returns:
            The key, of aes_gcm.KEY_BYTES bytes.

        Raises:
            CaptureFailed: It cannot be had.
        """

    def close(self) -> None:
        """Closes the connection, if there is one."""


def find_consent(item: Item | None) -> Mapping[str, Any] | None:
    """The field `capture` of a tenant's item; None where the tenant does not agree to be captured."""
    found = None if item is None else item.get(CONSENT)
    return found if isinstance(found, dict) else None


class PlainKeys:
    """Data keys as they lie in a file of SQLite. See DataKeys."""

    def find(self, tenant: str, consent: Mapping[str, Any]) -> bytes:
        """See DataKeys.find."""
        del tenant
        return _check(consent, PLAIN, consent.get("key"))

    def close(self) -> None:
        """See DataKeys.close."""


class KmsKeys:
    """Data keys that AWS KMS decrypts. A key is remembered for a minute at most. See DataKeys.

    Args:
        calls: Calls KMS.
        clock: Seconds since the epoch.
    """

    def __init__(self, calls: ServiceCalls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._known = Memory(_MOST_KEYS)

    def find(self, tenant: str, consent: Mapping[str, Any]) -> bytes:
        """See DataKeys.find."""
        now, encrypted = self._clock(), consent.get("key")
        place = f"{tenant} {encrypted}"
        known: bytes | None = self._known.find(place, now)
        if known is not None:
            return known
        parameters = {"CiphertextBlob": encrypted, "EncryptionContext": {CONTEXT: tenant}}
        try:
            reply = self._calls.call(_OPERATION, _write(parameters).encode())
        except StoreFailed as error:
            raise Away("key") from error
        document = reply.document if reply.status == 200 and isinstance(reply.document, dict) else {}
        key = _check(consent, BY_KMS, document.get("Plaintext"))
        self._known.keep(place, key, now + SECONDS)
        return key

    def close(self) -> None:
        """See DataKeys.close."""
        self._calls.close()


def _check(consent: Mapping[str, Any], kind: str, text: Any) -> bytes:
    try:
        key = a2b_base64(text)
    except (ValueError, TypeError):
        raise CaptureFailed("key") from None
    if consent.get("kind") != kind or len(key) != KEY_BYTES:
        raise CaptureFailed("key")
    return key
