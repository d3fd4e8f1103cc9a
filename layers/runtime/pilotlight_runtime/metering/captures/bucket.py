"""Captures in an S3 bucket, each sent once, on a connection of its own, within a bound of time.

Source: Amazon S3 API Reference, "PutObject".
"""

from __future__ import annotations

import time

from pilotlight_runtime.lambda_client.connection import Connection, InvalidAnswer
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final
from pilotlight_runtime.metering.captures.failure import Away, CaptureFailed
from pilotlight_runtime.metering.sockets import open_bounded, parse_endpoint

if TYPE_CHECKING:
    from pilotlight_runtime.uploads.bucket import Bucket
    from pilotlight_runtime.uploads.credentials import CredentialSource

SECONDS: Final = 1.0
"""For one object. S3 takes 20 to 50 ms for a small one."""
_HOLDS: Final = 60
"""Seconds that a signature holds."""


class CaptureBucket:
    """See writing.CaptureStore.

    Args:
        bucket: The bucket, and the prefix of the names.
        credentials: Who signs.
        bundle: See sockets.Endpoint.
        clock: Seconds since the epoch.
        ticks: Seconds, monotonic.
        seconds: The bound of one object.
    """

    def __init__(
        self,
        bucket: Bucket,
        credentials: CredentialSource,
        *,
        bundle: str = "",
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
    ) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._base, self._path = bucket.address
        self._endpoint = parse_endpoint(self._base, bundle)
        self._clock = clock
        self._ticks = ticks
        self._seconds = seconds

    def write(self, name: str, content: bytes) -> None:
        """See writing.CaptureStore.write."""
        until = self._ticks() + self._seconds

        def left() -> float:
            rest = until - self._ticks()
            if rest <= 0:
                raise TimeoutError("there is no time left")
            return rest

        def connect(_peer: tuple[str, int]) -> Any:
            return open_bounded(self._endpoint, left)

        connection = Connection(f"{self._endpoint.host}:{self._endpoint.port}", connect)
        try:
            connection.send(self._sign(name, content))
            status = connection.receive().status
        except (OSError, InvalidAnswer, ValueError) as error:
            raise Away("store") from error
        finally:
            connection.close()
        if status >= 500:
            raise Away("store")
        if status != 200:
            raise CaptureFailed("store")

    def _sign(self, name: str, content: bytes) -> bytes:
        """The request as it is sent."""
        from pilotlight_runtime.errors import RequestError
        from pilotlight_runtime.uploads.signing import presign

        bucket, now = self._bucket, self._clock()
        url = f"{self._base}{self._path}{bucket.prefix}{name}"
        try:
            credentials = self._credentials.find()
        except RequestError as error:
            raise Away("store") from error
        signed = presign("PUT", url, credentials, region=bucket.region, now=now, seconds=_HOLDS)
        target = signed[len(self._base) :]
        head = f"PUT {target} HTTP/1.1\r\nhost: {self._endpoint.header}\r\ncontent-length: {len(content)}\r\n"
        return f"{head}connection: close\r\n\r\n".encode() + content
