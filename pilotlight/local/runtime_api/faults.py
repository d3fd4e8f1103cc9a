"""What a function reports instead of a response, and what Lambda reports in its place."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final, NamedTuple

from pilotlight.local.event import Headers
from pilotlight.local.runtime_api.protocol import ERROR_BODY, ERROR_TYPE

_UNKNOWN: Final = "Runtime.Unknown"


class RuntimeFault(NamedTuple):
    """Why there is no response, or no end of it.

    Attributes:
        type: The error's type, such as Runtime.ImportModuleError: what the function sent in a header or trailer, or
            Lambda's own.
        body: The error's document as the function sent it, decoded where it came as a trailer. Usually JSON.
        headers: The headers or trailers that came with it; empty where Lambda reports the fault.
    """

    type: str
    body: bytes
    headers: Headers = ()


def read_reported_fault(headers: Headers, body: bytes) -> RuntimeFault:
    """Return the fault that a function posts to one of the paths for errors."""
    return RuntimeFault(_find(headers, ERROR_TYPE) or _UNKNOWN, body, headers)


def read_trailers(trailers: Headers) -> RuntimeFault | None:
    """Return the fault that the trailers of a streamed response tell; None where they tell none.

    A body that is not base64, as it must be, is kept as it came.
    """
    kind = _find(trailers, ERROR_TYPE)
    if kind is None:
        return None
    text = (_find(trailers, ERROR_BODY) or "").encode("latin-1")
    try:
        body = base64.b64decode(text, validate=True)
    except binascii.Error:
        body = text
    return RuntimeFault(kind, body, trailers)


def build_fault(kind: str, message: str) -> RuntimeFault:
    """Return a fault that Lambda reports, with its document."""
    return RuntimeFault(kind, json.dumps({"errorMessage": message, "errorType": kind}).encode())


def response_too_large(size: int, limit: int) -> RuntimeFault:
    """Return the fault for a response of more bytes than the limit."""
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({limit} bytes)."
    return build_fault("Function.ResponseSizeTooLarge", message)


def truncated_response() -> RuntimeFault:
    """Return the fault for a response whose connection ended in the middle, or whose chunks are wrong."""
    return build_fault("Runtime.TruncatedResponse", "the function did not send the end of its response")


def invalid_response_mode(mode: str) -> RuntimeFault:
    """Return the fault for a response mode that Lambda does not know."""
    return build_fault("Runtime.InvalidResponseModeHeader", f"the function sent the unknown response mode {mode!r}")


def _find(headers: Headers, name: str) -> str | None:
    return next((value for found, value in headers if found.lower() == name), None)
