"""Finds the API key of a request: in `Authorization: Bearer` or in `x-api-key`, and nowhere else."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.metering.keys import KEY_PREFIX, LIVE, TEST, Key, read_key
from pilotlight_runtime.metering.refusals import Unauthorized

_BEARER: Final = "bearer "
_ADDRESS_FIELDS: Final = (
    "path",
    "rawPath",
    "rawQueryString",
    "queryStringParameters",
    "multiValueQueryStringParameters",
)
_HEADS: Final = (f"{KEY_PREFIX}{LIVE}_", f"{KEY_PREFIX}{TEST}_")


def find_caller_key(headers: Mapping[str, str], event: Mapping[str, Any]) -> Key:
    """Finds the key of a request.

    Args:
        headers: Of the request, with names in lower case.
        event: The event.

    Returns:
        The key, whose form and checksum are right.

    Raises:
        Unauthorized: There is none, it has another form, or there are two different ones. The message quotes none.
    """
    for field in _ADDRESS_FIELDS:
        value = event.get(field)
        if value and _holds_key(value):
            raise Unauthorized(
                "there is an API key in the address, which logs keep; revoke it, and send another one in a header"
            )
    authorization = headers.get("authorization", "")
    bearer = authorization[len(_BEARER) :].strip() if authorization[: len(_BEARER)].lower() == _BEARER else ""
    own = headers.get("x-api-key", "").strip()
    if bearer and own and bearer != own:
        raise Unauthorized("the headers Authorization and x-api-key have different API keys; send one")
    if not bearer and not own:
        raise Unauthorized("the request has no API key; send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`")
    key = read_key(bearer or own)
    if key is None:
        raise Unauthorized("the API key has a wrong form or checksum; look for missing or mistyped characters")
    return key


def _holds_key(value: Any) -> bool:
    """Whether a text has a key, or a list or dict of texts, as they are or percent-encoded."""
    if isinstance(value, dict):
        return any(_holds_key(name) or _holds_key(found) for name, found in value.items())
    if isinstance(value, list):
        return any(map(_holds_key, value))
    if not isinstance(value, str):
        return False
    if "%" in value:
        from urllib.parse import unquote  # few addresses need it

        value = unquote(value)
    return any(head in value for head in _HEADS)
