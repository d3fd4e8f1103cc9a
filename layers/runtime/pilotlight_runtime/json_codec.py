"""JSON documents to bytes and back: the only place that knows which library does it."""

import json

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.typed import Any, Final, NoReturn

MAX_JSON_BYTES: Final = 16 * 1024 * 1024
"""A parsed document takes up to 25 times its length in memory; tensors larger than this come in binary."""


def loads(raw: bytes | memoryview) -> Any:  # noqa: ANN401  (a document is any JSON)
    """The document in `raw`, which is UTF-8.

    InvalidRequest where it is malformed, too deeply nested or has NaN or Infinity, which JSON has not (RFC 8259,
    section 6); TooLarge over MAX_JSON_BYTES.
    """
    if len(raw) > MAX_JSON_BYTES:
        raise TooLarge(f"the JSON is {len(raw)} bytes long, the most is {MAX_JSON_BYTES}; send binary tensors instead")
    try:
        return json.loads(str(raw, "utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the JSON is not UTF-8: byte {error.start} is {raw[error.start]:#04x}") from None
    except RecursionError:
        raise InvalidRequest("the JSON is too deeply nested") from None
    except ValueError as error:
        raise InvalidRequest(f"malformed JSON: {_reason(error)}") from None


def dumps(document: object) -> bytes:
    """`document` as compact ASCII JSON. ValueError where it has NaN or infinity."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _refuse(constant: str) -> NoReturn:
    raise InvalidRequest(f"malformed JSON: {constant} is not JSON; send such values in a binary tensor")


def _reason(error: ValueError) -> str:
    """The parser's own words, except for a number too long for Python, where they advise on Python's settings."""
    return str(error) if isinstance(error, json.JSONDecodeError) else "a number has too many digits"
