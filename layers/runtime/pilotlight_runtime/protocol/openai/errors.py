"""The errors of OpenAI's API: {"error": {"message", "type", "param", "code"}}.

Source: OpenAI, "API reference", "Error codes"; the names of type and code are those that its clients know.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, NotFound, RequestError
from pilotlight_runtime.light_typing import Any, Final

INVALID: Final = "invalid_request_error"
SERVER: Final = "server_error"

UNSUPPORTED: Final = "unsupported_parameter"
UNKNOWN: Final = "unknown_parameter"
CONTEXT_EXCEEDED: Final = "context_length_exceeded"
MODEL_NOT_FOUND: Final = "model_not_found"

ID_HEADER: Final = "x-request-id"

FAILED: Final = "the function failed; its log has the cause"


class InvalidField(InvalidRequest):
    """A field of the body is not what it must be (400). param: its name. code: a word for programs, or None."""

    def __init__(self, param: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


def name_field(error: InvalidRequest, field: str) -> InvalidField:
    """Makes an error of one that knows no protocol. field: where it is; its message may begin with a place in it."""
    place, colon, _ = str(error).partition(":")
    place = place.partition(",")[0]
    return InvalidField(place if colon and place.startswith(field) else field, str(error))


class UnknownModel(NotFound):
    """The body names a model that is not here (404)."""

    param: Final = "model"
    code: Final = MODEL_NOT_FOUND


class Refusal(RequestError):
    """Any error, as OpenAI's clients read it. The error itself is its cause.

    Args:
        error: What ended the request.
        request_id: The id of the request.
    """

    def __init__(self, error: Exception, request_id: str) -> None:
        asked = isinstance(error, RequestError)
        super().__init__(str(error) if asked else FAILED)
        self.__cause__ = error
        self.status = error.status if isinstance(error, RequestError) else 500
        self._own = error.headers if isinstance(error, RequestError) else {}
        self._param = getattr(error, "param", None) if asked else None
        self._code = getattr(error, "code", None) if asked else None
        self._kind = getattr(error, "kind", None) if asked else None
        self._request_id = request_id

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the error itself, and the id of the request."""
        return {**self._own, ID_HEADER: self._request_id}

    def describe(self, request_id: str) -> dict[str, Any]:
        """Returns the body of the answer."""
        error = {
            "message": str(self),
            "type": self._kind or (INVALID if self.status < 500 else SERVER),
            "param": self._param or None,
            "code": self._code,
        }
        if self.status >= 500:
            error["request_id"] = request_id
        return {"error": error}
