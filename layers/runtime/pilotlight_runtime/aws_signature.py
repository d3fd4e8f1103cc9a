"""AWS Signature Version 4: what the signatures of all AWS services have in common, and requests that carry one.

Source: IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import time

from pilotlight_runtime.digest import bytes_sha256, load_openssl
from pilotlight_runtime.light_typing import Callable, Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_DATE: Final = "x-amz-date"
_END: Final = "\r\n"
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
    inner, outer = _pad(key)
    return bytes.fromhex(bytes_sha256(outer + bytes.fromhex(bytes_sha256(inner + text))))


def _pad(key: bytes) -> tuple[bytes, bytes]:
    """What the inner and the outer hash of HMAC begin with."""
    key = (key if len(key) <= _BLOCK else bytes.fromhex(bytes_sha256(key))).ljust(_BLOCK, b"\0")
    return key.translate(_INNER), key.translate(_OUTER)


Headers = tuple[tuple[str, str], ...]
"""Names in lower case and values without spaces around them."""


class HeaderSigner:
    """Signs POST requests to "/" with headers, as AWS's JSON services take them.

    It keeps what the requests of a day have in common.

    Args:
        region: The service's region.
        service: The service's name in signatures, such as "dynamodb".
    """

    def __init__(self, region: str, service: str) -> None:
        self._region = region
        self._service = service
        self._of: tuple[tuple[str, str, str], str] | None = None
        self._scope = ""
        self._pads = (b"", b"")
        self._frames: dict[Headers, tuple[str, str, str, str]] = {}
        self._hash: Callable[[bytes], str] = bytes_sha256

    def hasten(self) -> None:
        """Signs with OpenSSL from now on; see digest.load_openssl."""
        algorithm = load_openssl()
        self._hash = lambda content: str(algorithm(content).hexdigest())

    def write_head(self, credentials: tuple[str, str, str], headers: Headers, body: bytes, now: float) -> str:
        """Writes the head of a request.

        Args:
            credentials: The access key, the secret key, and the token or "".
            headers: Those to be signed; with `host`.
            body: The body.
            now: Seconds since the epoch.

        Returns:
            The head, with the headers given, those of the signature and the body's length. An empty line ends it.
        """
        stamp = write_time(now)
        if self._of != (credentials, stamp[:8]):
            self._begin(credentials, stamp)
        frame = self._frames.get(headers)
        if frame is None:
            frame = self._frames[headers] = self._frame(credentials, headers)
        to_sign, signed, head, authorization = frame
        digest, (inner, outer) = self._hash, self._pads
        request = f"{to_sign}{stamp}{signed}{digest(body)}"
        text = f"{ALGORITHM}\n{stamp}\n{self._scope}\n{digest(request.encode())}"
        signature = digest(outer + bytes.fromhex(digest(inner + text.encode())))
        return f"{head}{stamp}{authorization}{signature}\r\ncontent-length: {len(body)}\r\n\r\n"

    def _begin(self, credentials: tuple[str, str, str], stamp: str) -> None:
        """Begins a day, or the use of other credentials."""
        self._frames.clear()
        self._scope = write_scope(stamp, self._region, self._service)
        self._pads = _pad(derive_key(credentials[1], self._scope))
        self._of = (credentials, stamp[:8])

    def _frame(self, credentials: tuple[str, str, str], headers: Headers) -> tuple[str, str, str, str]:
        """What stands before and after the time in the canonical request, and in the head."""
        access_key, _, token = credentials
        own = {**dict(headers), **({"x-amz-security-token": token} if token else {})}
        names = ";".join(sorted([*own, _DATE]))
        lines = {name: f"{name}:{value}\n" for name, value in own.items()}
        before = "".join([lines[name] for name in sorted(own) if name < _DATE])
        after = "".join([lines[name] for name in sorted(own) if name > _DATE])
        return (
            f"POST\n/\n\n{before}{_DATE}:",
            f"\n{after}\n{names}\n",
            f"POST / HTTP/1.1\r\n{''.join([f'{name}: {value}' + _END for name, value in own.items()])}{_DATE}: ",
            f"\r\nauthorization: {ALGORITHM} Credential={access_key}/{self._scope}, SignedHeaders={names}, Signature=",
        )
