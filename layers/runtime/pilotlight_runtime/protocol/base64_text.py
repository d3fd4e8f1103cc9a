"""Base64 of event bodies: API Gateway sends every body in it where an API takes binary ones.

Python's own decoder takes 600 microseconds for 200 KB, OpenSSL's a sixth of that, and OpenSSL is loaded anyway (see
digest). Source: EVP_DecodeBlock(3), which takes "=" for zeros wherever it stands, and whose length counts them.
"""

from __future__ import annotations

import binascii
from functools import cache

from pilotlight_runtime.typed import Any, Final

LONG: Final = 2048
"""Characters. Shorter texts are not worth a call into C by way of ctypes."""


def decode_base64(text: str) -> bytes:
    """The bytes that `text` stands for; ValueError where it is no base64 by RFC 4648, padding included."""
    if len(text) >= LONG:
        raw = _by_openssl(text)
        if raw is not None:
            return raw
    return binascii.a2b_base64(text, strict_mode=True)


def _by_openssl(text: str) -> bytes | None:
    """As decode_base64; None where it is not sure that this is right, or where there is no OpenSSL."""
    first_pad = text.find("=")
    pads = 0 if first_pad < 0 else len(text) - first_pad
    if len(text) % 4 or pads > 2 or text.count("=") != pads:
        return None
    openssl = _openssl()
    if openssl is None:
        return None
    decode, allocate = openssl
    size = len(text) // 4 * 3
    raw: bytes = allocate(None, size)
    # A new bytes object is nobody else's yet, and may be written to. What OpenSSL trims makes its answer shorter.
    if decode(raw, text.encode(), len(text)) != size:
        return None
    return raw[: size - pads] if pads else raw


@cache
def _openssl() -> tuple[Any, Any] | None:
    """EVP_DecodeBlock, and what makes a bytes object without content."""
    try:
        import _hashlib
        from ctypes import CDLL, c_char_p, c_int, c_ssize_t, py_object, pythonapi

        decode = CDLL(_hashlib.__file__).EVP_DecodeBlock
    except (ImportError, AttributeError, OSError):  # no OpenSSL, or one inside Python itself
        return None
    decode.argtypes = (c_char_p, c_char_p, c_int)
    allocate = pythonapi.PyBytes_FromStringAndSize
    allocate.argtypes, allocate.restype = (c_char_p, c_ssize_t), py_object
    return decode, allocate
