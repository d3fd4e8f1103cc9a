"""A streamed response as API Gateway reads it: status and headers as JSON, eight NUL bytes, then the body.

Source: Amazon API Gateway Developer Guide, "Set up a Lambda proxy integration with payload response streaming".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

CONTENT_TYPE: Final = "application/vnd.awslambda.http-integration-response"

_END: Final = b"\0" * 8
_LONGEST_PRELUDE: Final = 16_384
"""Status and headers must come within the first 16 KB."""


class InvalidStream(ValueError):
    """A stream does not begin with status and headers."""


def read_prelude(parts: Iterator[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read status and headers from the beginning of a stream.

    Args:
        parts: The parts of the stream. Those that are read are taken from it.

    Returns:
        Status and headers as the function sent them, and what has arrived of the body.

    Raises:
        InvalidStream: The stream does not begin with them.
    """
    received = bytearray()
    while (end := received.find(_END)) < 0:
        if len(received) > _LONGEST_PRELUDE:
            raise InvalidStream(
                f"status and headers do not end within the first {_LONGEST_PRELUDE} bytes of the stream"
            )
        part = next(parts, None)
        if part is None:
            raise InvalidStream("the stream ends before its status and headers do")
        received += part
    try:
        prelude = json.loads(received[:end])
    except ValueError as error:
        raise InvalidStream(f"status and headers are no JSON: {error}") from error
    if not isinstance(prelude, dict):
        raise InvalidStream("the stream does not begin with an object of status and headers")
    return prelude, bytes(received[end + len(_END) :])
