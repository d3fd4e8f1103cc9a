"""Events from JSON and results to JSON, as AWS's client reads and writes them.

AWS's client uses simplejson. Beyond the standard library's json it takes Decimal, what has `_asdict` (named tuples, as
objects) and bytes (as UTF-8 text).
"""

from __future__ import annotations

from pilotlight_runtime.json_text import make_decoder, make_encoder, quote
from pilotlight_runtime.lambda_client.faults import Fault
from pilotlight_runtime.light_typing import Any, Final, NoReturn

MARSHAL_ERROR: Final = "Runtime.MarshalError"
_UNMARSHAL_ERROR: Final = "Runtime.UnmarshalError"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_PLAIN: Final = frozenset((str, int, float, bool, type(None)))
_encode: Final = make_encoder(ensure_ascii=False)


def read_event(body: bytes, content_type: str) -> Any:
    """Parses an event. One that is not of type application/json stays bytes.

    Raises:
        Fault: It is no JSON.
    """
    if content_type != "application/json":
        return body
    try:
        return _decode(body.removeprefix(_BYTE_ORDER_MARK).decode())
    except (ValueError, RecursionError) as error:
        raise Fault(_UNMARSHAL_ERROR, f"Unable to unmarshal input: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_decode: Final = make_decoder(parse_constant=_refuse_constant)


def write_result(result: object) -> bytes:
    """Writes what a handler returned as JSON in UTF-8.

    Raises:
        Fault: JSON cannot hold it.
    """
    try:
        # JSON writes half of a surrogate pair, which UTF-8 cannot hold, as this error handler does: \\ud83d.
        return (_encode(result) if _is_plain(result) else _write(result)).encode("utf-8", "backslashreplace")
    except RecursionError:
        what = "Circular reference detected, or too many levels"
        raise Fault(MARSHAL_ERROR, f"Unable to marshal response: {what}") from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Fault(MARSHAL_ERROR, f"Unable to marshal response: {error}") from None


def _is_plain(value: object) -> bool:
    """Whether the standard library writes it as simplejson does: it has the exact types of JSON alone."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        inside = value.values()  # type: ignore[attr-defined]
        if not {*map(type, value)} <= _PLAIN:  # type: ignore[call-overload]
            return False
    elif kind is list:
        inside = value
    else:
        return False
    if {*map(type, inside)} <= _PLAIN:
        return True
    return all(map(_is_plain, inside))


def _write(value: Any) -> str:
    """JSON of anything that simplejson takes. It is slow, and seldom used."""
    if isinstance(value, str | bytes):
        return quote(value if isinstance(value, str) else value.decode())
    if value is None or isinstance(value, bool | int | float):
        return _encode(value)
    if callable(getattr(value, "_asdict", None)):
        value = value._asdict()
    if isinstance(value, dict):
        return "{" + ", ".join([f"{_write_key(key)}: {_write(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_write, value)) + "]"
    return _write_decimal(value)


def _write_decimal(value: object) -> str:
    from decimal import Decimal

    if not isinstance(value, Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return "NaN" if value.is_nan() else str(value)


def _write_key(key: object) -> str:
    if isinstance(key, str | bytes):
        return _write(key)
    if key is None or isinstance(key, bool | int | float):
        return f'"{_encode(key)}"'
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
