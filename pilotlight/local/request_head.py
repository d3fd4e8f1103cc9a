"""The request line and the headers of one request, read strictly."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.event import Headers
from pilotlight.local.http_syntax import is_header_name, is_header_value, is_host, is_method, is_target, parse_version

_MOST_BYTES: Final = 65_536
_LONGEST_LINE: Final = 16_384
_MOST_HEADERS: Final = 100


class RequestHead(NamedTuple):
    """A request without its body.

    Attributes:
        method: The method, such as POST.
        target: Path and query string; * as it is.
        version: Major and minor of the HTTP version.
        headers: Names and values in order.
    """

    method: str
    target: str
    version: tuple[int, int]
    headers: Headers

    def values(self, name: str) -> list[str]:
        """Return the values of a header, by its name in lower case."""
        return [value for found, value in self.headers if found.lower() == name]

    def tokens(self, name: str) -> set[str]:
        """Return the members of a header that is a list, in lower case."""
        return {token.strip().lower() for value in self.values(name) for token in value.split(",")}

    @property
    def keeps_connection(self) -> bool:
        """Whether the client wants to send another request on this connection (RFC 9112, section 9.3)."""
        tokens = self.tokens("connection")
        return "close" not in tokens and (self.version >= (1, 1) or "keep-alive" in tokens)


def read_head(reader: ByteReader, most_bytes: int = _MOST_BYTES) -> RequestHead:
    """Read one request up to the empty line.

    Args:
        reader: The connection.
        most_bytes: The size that all headers together may have.

    Raises:
        RequestRefused: The request is not one of HTTP/1.0 or HTTP/1.1, or too large.
    """
    too_long = RequestRefused(414, "the request line is longer than 16 KiB")
    line = reader.line(_LONGEST_LINE, too_long)
    if not line:  # RFC 9112, section 2.2: one empty line before a request does no harm
        line = reader.line(_LONGEST_LINE, too_long)
    method, target, version = _parse_request_line(line.decode("latin-1"))
    head = RequestHead(method, target, version, read_headers(reader, most_bytes))
    _check_host(head)
    return head


def read_headers(reader: ByteReader, most_bytes: int = _MOST_BYTES) -> Headers:
    """Read header lines up to the empty line.

    Args:
        reader: The connection.
        most_bytes: The size that all of them together may have.

    Raises:
        RequestRefused: A line is no header, or there are too many.
    """
    headers: list[tuple[str, str]] = []
    left = most_bytes
    what = f"the request's headers are larger than {most_bytes // 1024} KiB, or more than {_MOST_HEADERS}"
    too_large = RequestRefused(431, what)
    while line := reader.line(left, too_large):
        left -= len(line) + 2
        if len(headers) == _MOST_HEADERS or left <= 0:
            raise too_large
        headers.append(_parse_header(line.decode("latin-1")))
    return headers


def _parse_request_line(line: str) -> tuple[str, str, tuple[int, int]]:
    parts = line.split(" ")
    if len(parts) != 3 or not is_method(parts[0]) or not is_target(parts[1]):
        raise RequestRefused(400, "the request line is not a method, a target and a version")
    version = parse_version(parts[2])
    if version is None:
        raise RequestRefused(400, "the request line does not end with a version of HTTP")
    if version[0] != 1:
        raise RequestRefused(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    return parts[0], _to_path(parts[1]), version


def _to_path(target: str) -> str:
    """Return path and query string of a target (RFC 9112, section 3.2), which may be an absolute address."""
    if target.startswith("/") or target == "*":
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        raise RequestRefused(400, "the request's target is no path")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _parse_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not colon or not is_header_name(name) or not is_header_value(value):
        raise RequestRefused(400, "a header line is not a name, a colon and a value")
    return name, value


def _check_host(head: RequestHead) -> None:
    """RFC 9112, section 3.2: exactly one Host, which HTTP/1.0 may leave out."""
    hosts = head.values("host")
    if len(hosts) > 1 or (not hosts and head.version >= (1, 1)) or not all(map(is_host, hosts)):
        raise RequestRefused(400, "the request does not have exactly one valid Host")
