"""Captures as they are kept: four bytes that name the format, the nonce, and the encrypted document with its tag.

The capture's name is authenticated with it: under another name, such as another tenant's, it is not decrypted.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Final
from pilotlight_runtime.metering.captures.aes_gcm import NONCE_BYTES, AesGcm, SealBroken

if TYPE_CHECKING:
    from pilotlight_runtime.metering.keys import Random

_FORMAT: Final = b"PLC1"
_HEAD: Final = len(_FORMAT) + NONCE_BYTES


def seal(cipher: AesGcm, key: bytes, name: str, document: bytes, random: Random) -> bytes:
    """Encrypts a document.

    Args:
        cipher: Encrypts.
        key: The tenant's data key.
        name: The capture's name.
        document: The document.
        random: Makes random bytes, fit for secrets.

    Returns:
        What is kept.

    Raises:
        SealBroken: OpenSSL refuses to work.
    """
    nonce = random(NONCE_BYTES)
    return _FORMAT + nonce + cipher.seal(key, nonce, document, name.encode())


def unseal(cipher: AesGcm, key: bytes, name: str, kept: bytes) -> bytes:
    """Decrypts what `seal` returned; SealBroken where it was changed, or the key or the name is another one."""
    if not kept.startswith(_FORMAT):
        raise SealBroken("this is no capture")
    return cipher.unseal(key, kept[len(_FORMAT) : _HEAD], kept[_HEAD:], name.encode())
