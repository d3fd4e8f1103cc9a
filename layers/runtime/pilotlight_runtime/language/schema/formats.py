"""The formats of strings that can be held to, as patterns. Some allow less than the format does, none allows more."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Mapping

_LONG_MONTHS: Final = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTHS: Final = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY: Final = "02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEARS: Final = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_DATE: Final = f"([1-9][0-9]{{3}}-({_LONG_MONTHS}|{_SHORT_MONTHS}|{_FEBRUARY})|{_LEAP_YEARS}-02-29)"
_HOURS: Final = "([01][0-9]|2[0-3])"
_TIME: Final = f"{_HOURS}:[0-5][0-9]:[0-5][0-9](\\.[0-9]{{1,6}})?(Z|[+-]{_HOURS}:[0-5][0-9])"
_LABEL: Final = "[A-Za-z0-9](-?[A-Za-z0-9]){0,30}"
_HOST: Final = f"{_LABEL}(\\.{_LABEL}){{0,3}}"
_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_COUNT: Final = "(0|[1-9][0-9]{0,3})"
_CLOCK: Final = f"T{_COUNT}(S|M({_COUNT}S)?|H({_COUNT}M({_COUNT}S)?)?)"
_HEX: Final = "[0-9A-Fa-f]"

FORMATS: Final[Mapping[str, str]] = {
    "date": f"^{_DATE}$",  # RFC 3339, section 5.6, from the year 1000 on
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": f"^P({_COUNT}W|{_COUNT}D({_CLOCK})?|{_CLOCK})$",
    "uuid": f"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$",
    "email": f"^[A-Za-z0-9]([._+-]?[A-Za-z0-9]){{0,30}}@{_LABEL}(\\.{_LABEL}){{1,3}}$",
    "hostname": f"^{_HOST}$",
    "ipv4": f"^({_BYTE}\\.){{3}}{_BYTE}$",
    "ipv6": f"^({_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}$",
    "uri": f"^https?://{_HOST}(:[1-9][0-9]{{0,3}})?(/[A-Za-z0-9._~-]*)*(\\?[A-Za-z0-9._~=&-]*)?(#[A-Za-z0-9._~-]*)?$",
}
"""The patterns by the formats' names."""

NUMBER_FORMATS: Final[Mapping[str, tuple[int, int] | None]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "float": None,
    "double": None,
}
"""OpenAPI's formats of numbers, and their bounds."""
