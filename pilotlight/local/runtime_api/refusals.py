"""The error documents that Lambda sends to a function that asks for something it may not have."""

from __future__ import annotations

import json

from pilotlight.local.runtime_api.protocol import MOST_BUFFERED_BYTES


class CallRefused(Exception):
    """The Runtime API refuses a call.

    Attributes:
        status: The HTTP status.
        body: The error document.
        closes_connection: Whether the connection must close, since nobody knows where the next request begins.
    """

    def __init__(self, status: int, kind: str, message: str, *, closes_connection: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.closes_connection = closes_connection
        self.body = json.dumps({"errorMessage": message, "errorType": kind}).encode()


def bad_request(status: int, message: str) -> CallRefused:
    """Return the refusal of bytes that are no request."""
    return CallRefused(status, "BadRequest", message, closes_connection=True)


def unknown_path() -> CallRefused:
    """Return the refusal of a path that the Runtime API does not have."""
    return CallRefused(404, "NotFound", "the Runtime API has no such path")


def wrong_method(method: str) -> CallRefused:
    """Return the refusal of another method than the path has."""
    return CallRefused(405, "MethodNotAllowed", f"this path takes {method} alone")


def unknown_request() -> CallRefused:
    """Return the refusal of a response to another invocation than the present one."""
    return CallRefused(400, "InvalidRequestID", "Invalid request ID")


def forbidden_transition(state: str, wanted: str) -> CallRefused:
    """Return the refusal of a call that does not follow on the calls before it."""
    message = f"State transition from {state} to {wanted} failed for runtime. Error: State transition is not allowed"
    return CallRefused(403, "InvalidStateTransition", message)


def too_large(limit: int = MOST_BUFFERED_BYTES) -> CallRefused:
    """Return the refusal of a response of more bytes than the limit."""
    return CallRefused(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({limit} bytes).")


def truncated_request() -> CallRefused:
    """Return the refusal of a request whose body has no end, or whose chunks are wrong."""
    return CallRefused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated", closes_connection=True)


def unknown_mode() -> CallRefused:
    """Return the refusal of an unknown response mode."""
    return CallRefused(400, "InvalidFunctionResponseMode", "Invalid function response mode")
