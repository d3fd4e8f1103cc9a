"""The answers of a service to requests that it does not answer: 401, 403, 429 and 503."""

from __future__ import annotations

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.light_typing import Final, Mapping
from pilotlight_runtime.metering.charge import EXPIRED, MODEL, SUSPENDED, UNKNOWN_KEY
from pilotlight_runtime.metering.rate_headers import write_rate_headers
from pilotlight_runtime.metering.windows import Window, find_end

_NOT_RETRIED: Final = {"x-should-retry": "false"}
"""OpenAI's clients obey it. They would ask again at once otherwise."""


class MeterRefusal(RequestError):
    """A request is refused for its key or its quota. kind, code: words for programs, as OpenAI's clients read them."""

    kind = "invalid_request_error"
    code: str | None = None

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self._headers = dict(headers or {})

    @property
    def headers(self) -> dict[str, str]:
        """See RequestError.headers."""
        return self._headers


class Unauthorized(MeterRefusal):
    """The request has no key, or one that does not hold (401)."""

    status = 401
    code = "invalid_api_key"

    def __init__(self, message: str) -> None:
        super().__init__(message, {"WWW-Authenticate": "Bearer"})


class Forbidden(MeterRefusal):
    """The key holds, but not for this (403)."""

    status = 403
    kind = "permission_error"


class QuotaExceeded(MeterRefusal):
    """The request takes more than is left (429)."""

    status = 429
    kind = "insufficient_quota"
    code = "insufficient_quota"


class Unavailable(MeterRefusal):
    """The table did not do what it was asked in time, so that no answer may leave (503)."""

    status = 503
    kind = "server_error"

    def __init__(self) -> None:
        super().__init__("the service cannot check its quotas now; try again", {"Retry-After": "1"})


def make_refusal(reason: str, windows: tuple[Window, ...], cost: int, now: float, unit: str) -> MeterRefusal:
    """Makes the refusal that a reason stands for.

    Args:
        reason: Of an Outcome.
        windows: What is left.
        cost: The units that the request takes; 0 where they are not known.
        now: Seconds since the epoch.
        unit: What a unit is called; see rate_headers.name_unit.

    Returns:
        The refusal.
    """
    if reason == UNKNOWN_KEY:
        return Unauthorized("the API key is unknown or was revoked; send another one")
    if reason == EXPIRED:
        return Unauthorized("the API key has expired; send another one")
    if reason == SUSPENDED:
        return Forbidden("the tenant of this API key is suspended; ask the operator of the service")
    if reason == MODEL:
        return Forbidden("this API key does not hold for this model; ask the operator of the service")
    return _refuse_quota(reason, windows, cost, now, unit)


def _refuse_quota(name: str, windows: tuple[Window, ...], cost: int, now: float, unit: str) -> QuotaExceeded:
    window = next(one for one in windows if one.name == name)
    wait = max(1, find_end(window, now) - int(now))
    left = max(0, window.left)
    takes = f" and this request takes {cost}" if cost else ""
    if window.limit is not None and cost > window.limit:
        advice = "ask for less at once"
    else:
        advice = f"the next {name} begins in {wait} s, by UTC"
    return QuotaExceeded(
        f"the quota of the {name} is {window.limit} {unit}, of which {left} are left{takes}; {advice}",
        {"Retry-After": str(wait), **_NOT_RETRIED, **write_rate_headers(windows, now, unit)},
    )
