"""AWS Signature Version 4: what the signatures of all AWS services have in common, and requests that carry one.

Source: IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import time

from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.light_typing import Final, Mapping

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_BLOCK: Final = 64
_INNER: Final = bytes([value ^ 0x36 for value in range(256)])
_OUTER: Final = bytes([value ^ 0x5C for value in range(256)])


def write_time(now: float) -> str:
    """The time of a signature, such as 20260131T120000Z.

    Args:
        now: Seconds since the epoch.

    Returns:
        The time. Its first 8 characters are the day.
    """
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def write_scope(stamp: str, region: str, service: str) -> str:
    """What a signature holds for: a day, a region and a service."""
    return f"{stamp[:8]}/{region}/{service}/aws4_request"


def derive_key(secret_key: str, scope: str) -> bytes:
    """The key that signs within a scope."""
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _authenticate(key, part.encode())
    return key


def sign(key: bytes, stamp: str, scope: str, request: str) -> str:
    """Signs a canonical request.

    Args:
        key: What derive_key returns for the scope.
        stamp: The time of the signature.
        scope: What it holds for.
        request: The canonical request.

    Returns:
        The signature in hex.
    """
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{bytes_sha256(request.encode())}"
    return _authenticate(key, text.encode()).hex()


def _authenticate(key: bytes, text: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104), as `hmac` computes it, which takes 4 ms to import."""
    key = (key if len(key) <= _BLOCK else bytes.fromhex(bytes_sha256(key))).ljust(_BLOCK, b"\0")
    inner = bytes.fromhex(bytes_sha256(key.translate(_INNER) + text))
    return bytes.fromhex(bytes_sha256(key.translate(_OUTER) + inner))


class HeaderSigner:
    """Signs POST requests to "/" with headers, as AWS's JSON services take them.

    Args:
        region: The service's region.
        service: The service's name in signatures, such as "dynamodb".
    """

    def __init__(self, region: str, service: str) -> None:
        self._region = region
        self._service = service
        self._kept: tuple[str, str, bytes] = ("", "", b"")

    def authorize(
        self, credentials: tuple[str, str, str], headers: Mapping[str, str], body: bytes, now: float
    ) -> dict[str, str]:
        """Makes the headers that carry the signature.

        Args:
            credentials: The access key, the secret key, and the token or "".
            headers: Those to be signed, with names in lower case and values without spaces around them; with `host`.
            body: The body.
            now: Seconds since the epoch.

        Returns:
            The headers to send: those given and those of the signature.
        """
        access_key, secret_key, token = credentials
        stamp = write_time(now)
        scope = write_scope(stamp, self._region, self._service)
        if self._kept[:2] != (secret_key, scope):
            self._kept = (secret_key, scope, derive_key(secret_key, scope))
        signed = {**headers, "x-amz-date": stamp, **({"x-amz-security-token": token} if token else {})}
        names = sorted(signed)
        lines = "".join([f"{name}:{signed[name]}\n" for name in names])
        request = f"POST\n/\n\n{lines}\n{';'.join(names)}\n{bytes_sha256(body)}"
        signature = sign(self._kept[2], stamp, scope, request)
        signed["authorization"] = (
            f"{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return signed
