"""Data keys of AWS KMS, one for each tenant, bound to the tenant's id by the encryption context."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Any, Final

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import MeteringError
from pilotlight_runtime.metering.captures.data_keys import BY_KMS, CONTEXT

_SERVICE: Final = "KMS"


class DataKeyService:
    """Makes and decrypts data keys. Every method raises MeteringError where KMS refuses.

    Args:
        client: boto3's client of KMS.
        key: The ARN, the id or the alias of the KMS key that encrypts new data keys.
    """

    def __init__(self, client: Any, key: str = "") -> None:
        self._client = client
        self._key = key

    def make(self, tenant_id: str) -> dict[str, Any]:
        """Return a new data key, encrypted, as a tenant's item holds it. Nobody has seen the key itself."""
        with translate_errors(f"KMS key {self._key}", MeteringError, _SERVICE):
            made = self._client.generate_data_key_without_plaintext(
                KeyId=self._key, KeySpec="AES_256", EncryptionContext={CONTEXT: tenant_id}
            )
        return {"kind": BY_KMS, "key": b2a_base64(made["CiphertextBlob"], newline=False).decode()}

    def decrypt(self, tenant_id: str, encrypted: str) -> bytes:
        """Return a data key.

        Args:
            tenant_id: The tenant's id.
            encrypted: The encrypted key in base64, as the tenant's item has it.
        """
        with translate_errors(f"the data key of tenant {tenant_id}", MeteringError, _SERVICE):
            answer = self._client.decrypt(CiphertextBlob=a2b_base64(encrypted), EncryptionContext={CONTEXT: tenant_id})
        return bytes(answer["Plaintext"])
