"""What an answer needs to know beyond its request: who asks, how long it may take, and its id."""

from __future__ import annotations

from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, NamedTuple

_BEARER: Final = "bearer "
_UNIT_SEPARATOR: Final = "\x1f"


class Invocation(NamedTuple):
    """One call of the function.

    Attributes:
        request_id: Lambda's id of it.
        caller: A digest of the caller's keys; b"" where there is none.
        time_left: Milliseconds that the function may still run; None where there is no limit.
        key_id: API Gateway's id of the key; "" where there is none.
    """

    request_id: str
    caller: bytes
    time_left: Callable[[], float] | None
    key_id: str = ""


def read_invocation(event: Any, context: Any, headers: Mapping[str, str], request_id: str) -> Invocation:
    """Reads what an event and its context say of the caller.

    Args:
        event: The event.
        context: Lambda's context; whatever it is.
        headers: Of the request, with names in lower case.
        request_id: Lambda's id of the invocation.

    Returns:
        The invocation. Its caller is the same for the same keys alone: a request with one key more is another's.
    """
    authorization = headers.get("authorization", "")
    bearer = authorization if authorization[: len(_BEARER)].lower() == _BEARER else ""
    keys = (_key_id(event), headers.get("x-api-key", ""), bearer[len(_BEARER) :].strip())
    caller = _digest(keys) if any(keys) else b""
    return Invocation(request_id, caller, getattr(context, "get_remaining_time_in_millis", None), keys[0])


def _digest(keys: tuple[str, ...]) -> bytes:
    return bytes.fromhex(bytes_sha256(_UNIT_SEPARATOR.join(keys).encode("utf-8", "surrogatepass")))


def _key_id(event: Any) -> str:
    """API Gateway's id of the key that it has checked; "" where there is none."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    identity = context.get("identity") if isinstance(context, dict) else None
    found = identity.get("apiKeyId") if isinstance(identity, dict) else None
    return found if isinstance(found, str) else ""
