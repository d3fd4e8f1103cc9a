"""A request whose body was uploaded before: Content-Location names it, or the field input_file_id."""

from __future__ import annotations

from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.limits import request_limits
from pilotlight_runtime.protocol.http import HttpRequest
from pilotlight_runtime.uploads.bucket import SCHEME, find_bucket, find_key_id
from pilotlight_runtime.uploads.credentials import CredentialSource
from pilotlight_runtime.uploads.transfer import Transfer

LOCATION: Final = "content-location"
"""The header (RFC 9110, section 8.7) that names where the content of a request is."""


def fetch_body(
    request: HttpRequest,
    event: Any,
    environ: Mapping[str, str] = process_environ,
    transfer: Transfer | None = None,
) -> HttpRequest:
    """Puts an upload in the place of an empty body.

    Args:
        request: A request that has the header Content-Location.
        event: The event that it came in, which tells whose key it has.
        environ: The function's environment variables.
        transfer: Reads objects; None makes one.

    Returns:
        The request with the body that its Content-Location names; the request itself where that is no s3:// address.

    Raises:
        RequestError: The stack takes no uploads, the address is none of the caller's, there is no such object, it is
            too large, or the bucket does not answer.
    """
    location = request.headers[LOCATION]
    if not location.startswith(SCHEME):
        return request
    if request.body:
        raise InvalidRequest("a request whose body is an upload has no body of its own")
    bucket = find_bucket(find_key_id(event), environ)
    key = bucket.find_key(location)
    transfer = transfer or Transfer(CredentialSource(environ))
    return request._replace(body=transfer.read(bucket, key, request_limits(environ).unpacked))


def fetch_file(
    name: str, key_id: str, environ: Mapping[str, str] = process_environ, transfer: Transfer | None = None
) -> bytes:
    """The content of a file that the caller has uploaded.

    Args:
        name: The file's id.
        key_id: API Gateway's id of the caller's key.
        environ: The function's environment variables.
        transfer: Reads objects; None makes one.

    Raises:
        RequestError: As `fetch_body` raises it.
    """
    bucket = find_bucket(key_id, environ)
    key = bucket.key(name)
    transfer = transfer or Transfer(CredentialSource(environ))
    return transfer.read(bucket, key, request_limits(environ).unpacked)
