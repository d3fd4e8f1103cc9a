"""The grammar of HTTP/1.1 messages (RFC 9110 and RFC 9112), as far as requests need it.

What a lenient reader would repair is refused: a line that ends in LF without CR, a header that is folded over two
lines, space before a colon. Two readers that repair differently see different requests in the same bytes.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET: Final = re.compile(r"[\x21\x22\x24-\x7e]+")
_VERSION: Final = re.compile(r"HTTP/(\d)\.(\d)", re.ASCII)
_LENGTH: Final = re.compile(r"[0-9]{1,19}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_HOST: Final = re.compile(r"[A-Za-z0-9\-._~%!$&'()*+,;=:\[\]]*")


def is_header_name(text: str) -> bool:
    """Return whether the text is a token (RFC 9110, section 5.6.2)."""
    return _NAME.fullmatch(text) is not None


is_method = is_header_name


def is_header_value(text: str) -> bool:
    """Return whether the text is a field value without control characters (RFC 9110, section 5.5)."""
    return _VALUE.fullmatch(text) is not None


def is_target(text: str) -> bool:
    """Return whether the text is visible ASCII without a fragment (RFC 9112, section 3.2)."""
    return _TARGET.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Return whether the text can be the value of Host (RFC 9110, section 7.2)."""
    return _HOST.fullmatch(text) is not None


def parse_version(text: str) -> tuple[int, int] | None:
    """Return major and minor of a version such as HTTP/1.1; None where it is none."""
    found = _VERSION.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def parse_length(text: str) -> int | None:
    """Return the value of Content-Length; None where it is not one whole number of at most 19 digits."""
    return int(text) if _LENGTH.fullmatch(text) else None


def parse_chunk_size(line: bytes) -> int | None:
    """Return the size in the first line of a chunk (RFC 9112, section 7.1); None where the line is wrong."""
    found = _CHUNK.fullmatch(line)
    return int(found[1], 16) if found else None
