"""The function's credentials: from the environment or, after a restore from a snapshot, from Lambda's own server.

Sources: Lambda Developer Guide, "Lambda environment variables"; AWS SDKs and Tools Reference Guide, "Container
credential provider".
"""

from __future__ import annotations

import time

from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, NamedTuple
from pilotlight_runtime.uploads.failure import TransferFailed

URI_VARIABLE: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
AUTHORIZATION_VARIABLE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
_SECONDS: Final = 2.0
_MARGIN: Final = 300.0
"""Seconds before their end in which credentials are asked for again."""
_MOST_BYTES: Final = 65_536


class Credentials(NamedTuple):
    """Attributes: access_key, secret_key, token: as AWS names them; token is "" where there is none."""

    access_key: str
    secret_key: str
    token: str


class CredentialSource:
    """Hands out the credentials of the function.

    Args:
        environ: The function's environment variables.
        clock: Seconds since the epoch.
    """

    def __init__(self, environ: Mapping[str, str], clock: Callable[[], float] = time.time) -> None:
        self._environ = environ
        self._clock = clock
        self._kept: tuple[Credentials, float] | None = None

    def find(self) -> Credentials:
        """The credentials; TransferFailed where there are none."""
        environ = self._environ
        if environ.get(URI_VARIABLE):
            if self._kept is None or self._kept[1] - _MARGIN < self._clock():
                self._kept = self._ask(environ[URI_VARIABLE])
            return self._kept[0]
        found = Credentials(
            environ.get("AWS_ACCESS_KEY_ID", ""),
            environ.get("AWS_SECRET_ACCESS_KEY", ""),
            environ.get("AWS_SESSION_TOKEN", ""),
        )
        if not found.access_key or not found.secret_key:
            raise TransferFailed("the function has no credentials for its uploads")
        return found

    def _ask(self, uri: str) -> tuple[Credentials, float]:
        """What Lambda's server answers, and until when it holds."""
        from http.client import HTTPConnection, HTTPException
        from urllib.parse import urlsplit

        from pilotlight_runtime.json_text import loads

        parts = urlsplit(uri)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request("GET", path, headers={"Authorization": self._environ.get(AUTHORIZATION_VARIABLE, "")})
            answer = connection.getresponse()
            raw = answer.read(_MOST_BYTES)
            if answer.status != 200:
                raise TransferFailed(f"the function's credentials cannot be read: status {answer.status}")
            document: Any = loads(raw)
            credentials = Credentials(document["AccessKeyId"], document["SecretAccessKey"], document["Token"])
            return credentials, _seconds(document["Expiration"])
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise TransferFailed("the function's credentials cannot be read") from error
        finally:
            connection.close()


def _seconds(moment: str) -> float:
    """Seconds since the epoch of 2026-01-31T12:00:00Z."""
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
