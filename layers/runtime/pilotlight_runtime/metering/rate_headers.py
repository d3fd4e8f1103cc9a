"""The headers that tell what is left, in the form of OpenAI's: x-ratelimit-{limit,remaining,reset}-...

Source: OpenAI, "Rate limits", "Rate limits in headers". Its names end with what is counted, requests or tokens. Ours
have that for the window with the least left, and the names of both windows besides.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Iterable
from pilotlight_runtime.metering.windows import Window, find_end


def name_unit(counted: Iterable[str]) -> str:
    """What a unit of the quota is called.

    Args:
        counted: The names of what takes units; see tariff.COUNTED.

    Returns:
        "requests" or "tokens" where nothing else takes units, or else "units".
    """
    kinds = {name.partition("_")[0] for name in counted}
    return kinds.pop() if len(kinds) == 1 and kinds <= {"requests", "tokens"} else "units"


def write_rate_headers(windows: tuple[Window, ...], now: float, unit: str) -> dict[str, str]:
    """Writes the headers.

    Args:
        windows: What is left.
        now: Seconds since the epoch.
        unit: See name_unit.

    Returns:
        The headers; none for a window without a limit.
    """
    headers: dict[str, str] = {}
    least: tuple[int, tuple[str, str, str]] | None = None
    for window in windows:
        name, _, left, limit = window
        if limit is None:
            continue
        values = (str(limit), str(max(0, left)), _write_duration(find_end(window, now) - int(now)))
        _add(headers, name, values)
        if least is None or left < least[0]:
            least = (left, values)
    if least is not None:
        _add(headers, unit, least[1])
    return headers


def _add(headers: dict[str, str], suffix: str, values: tuple[str, str, str]) -> None:
    limit, remaining, reset = values
    headers[f"x-ratelimit-limit-{suffix}"] = limit
    headers[f"x-ratelimit-remaining-{suffix}"] = remaining
    headers[f"x-ratelimit-reset-{suffix}"] = reset


def _write_duration(seconds: int) -> str:
    """Such as 6h5m0s, as OpenAI writes it."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minute}m" if minutes else "") + f"{second}s"
