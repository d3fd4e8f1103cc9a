"""Reads and writes the objects of a bucket, with a limit on their size and on the time."""

from __future__ import annotations

import time

from pilotlight_runtime.errors import NotFound, TooLarge
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping
from pilotlight_runtime.uploads.bucket import Bucket
from pilotlight_runtime.uploads.credentials import CredentialSource
from pilotlight_runtime.uploads.failure import TransferFailed
from pilotlight_runtime.uploads.signing import NO_HEADERS, presign

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

_SECONDS: Final = 20.0
"""For one transfer: what Lambda takes to read 64 MB from S3, several times over."""
_WAIT: Final = 5.0
"""Seconds for one answer of the network."""
_HOLDS: Final = 60
"""Seconds that an address of ours holds."""
_PART: Final = 1024 * 1024


class Transfer:
    """Reads and writes objects.

    Args:
        credentials: Who signs.
        clock: Seconds since the epoch.
        ticks: Seconds, monotonic.
    """

    def __init__(
        self,
        credentials: CredentialSource,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._ticks = ticks

    def sign(
        self, method: str, bucket: Bucket, key: str, seconds: int = _HOLDS, headers: Mapping[str, str] = NO_HEADERS
    ) -> str:
        """An address that allows one request; see signing.presign."""
        base, path = bucket.address
        found = self._credentials.find()
        now = self._clock()
        return presign(
            method, f"{base}{path}{key}", found, region=bucket.region, now=now, seconds=seconds, headers=headers
        )

    def read(self, bucket: Bucket, key: str, most: int) -> bytes:
        """The content of an object.

        Args:
            bucket: Where it is.
            key: Its key.
            most: The most bytes that it may have.

        Returns:
            The content.

        Raises:
            NotFound: There is none.
            TooLarge: It is larger.
            TransferFailed: S3 does not answer, or not in time.
        """
        until = self._ticks() + _SECONDS
        connection, answer = self._send("GET", self.sign("GET", bucket, key), None)
        try:
            if answer.status in (403, 404):  # without the right to list, S3 does not tell these apart
                raise NotFound("there is no such upload of this key; it is deleted a day after it was made")
            if answer.status != 200:
                raise TransferFailed(f"the upload cannot be read: S3 answers {answer.status}")
            return self._read(answer, most, until)
        finally:
            connection.close()

    def write(self, bucket: Bucket, key: str, content: bytes) -> None:
        """Writes an object; TransferFailed where S3 does not take it."""
        connection, answer = self._send("PUT", self.sign("PUT", bucket, key), content)
        try:
            if answer.status != 200:
                raise TransferFailed(f"the upload cannot be kept: S3 answers {answer.status}")
        finally:
            connection.close()

    def _send(self, method: str, url: str, content: bytes | None) -> tuple[HTTPConnection, HTTPResponse]:
        from http.client import HTTPException
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        connection = _connect(parts)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body=content)
            return connection, connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise TransferFailed("the bucket of uploads does not answer") from error

    def _read(self, answer: HTTPResponse, most: int, until: float) -> bytes:
        from http.client import HTTPException

        if (answer.length or 0) > most:
            raise TooLarge(f"the upload has {answer.length} bytes, the most is {most}")
        parts: list[bytes] = []
        count = 0
        try:
            while part := answer.read(_PART):
                parts.append(part)
                count += len(part)
                if count > most:
                    raise TooLarge(f"the upload has more than {most} bytes, which is the most")
                if self._ticks() > until:
                    raise TransferFailed(f"the upload was not read within {_SECONDS:.0f} s")
        except (OSError, HTTPException) as error:
            raise TransferFailed("the upload cannot be read to its end") from error
        if answer.length:
            raise TransferFailed("the upload cannot be read to its end")
        return b"".join(parts)


def _connect(parts: Any) -> HTTPConnection:
    if parts.scheme == "http":
        from http.client import HTTPConnection

        return HTTPConnection(parts.hostname, parts.port, timeout=_WAIT)
    from http.client import HTTPSConnection
    from ssl import create_default_context

    return HTTPSConnection(parts.hostname, parts.port, timeout=_WAIT, context=create_default_context())
