"""The files of a form, multipart/form-data, as `curl -F` and browsers send them.

Sources: RFC 7578; RFC 2046, section 5.1.1, for boundaries. The parser is strict: what these do not allow, and what a
form of pictures does not need, is refused. Only forms import this module.
"""

from __future__ import annotations

import re

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Final, Iterator, NamedTuple
from pilotlight_runtime.messages import summarize

FORM: Final = "multipart/form-data"
_HINT: Final = "send the picture as a file: curl -F file=@picture.jpg"

_MAX_HEAD_BYTES: Final = 8192
"""The most bytes of the headers of one part. curl writes 150."""

_LONGEST_CONTENT_TYPE: Final = 1024

_BOUNDARY: Final = re.compile(r';\s*boundary=(?:"([^"]*)"|([^";\s]+))\s*(?=;|$)', re.IGNORECASE)
_BOUNDARY_TEXT: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_PARAMETER: Final = re.compile(r';[ \t]*([A-Za-z*]+)=("(?:[^"\\]|\\.)*"|[^"\s;]+)[ \t]*')
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})
"""Values of Content-Transfer-Encoding that change nothing. RFC 7578 deprecates the header."""


class FormFile(NamedTuple):
    """A file of a form. where: its field and name, for messages. content: its bytes."""

    where: str
    content: bytes


class FormPart(NamedTuple):
    """A part of a form. field: its name. filename: None where it is no file. content: its bytes."""

    field: str
    filename: str | None
    content: bytes


def read_files(body: bytes, content_type: str, most: int) -> list[FormFile]:
    """Reads a form that has only files.

    Args:
        body: The body, decompressed.
        content_type: The Content-Type of the request.
        most: The most files.

    Returns:
        The files in the order of the form, at least one.

    Raises:
        InvalidRequest: The form is malformed, or has a field that is no file; the message names it.
        TooLarge: It has more files.
    """
    found = enumerate(_split(body, content_type, most))
    files = [FormFile(_describe(head, index), content) for index, (head, content) in found]
    if not files:
        raise InvalidRequest(f"the form has no file; {_HINT}")
    return files


def read_parts(body: bytes, content_type: str, most: int) -> list[FormPart]:
    """Reads a form that has files and other fields.

    Args:
        body: The body, decompressed.
        content_type: The Content-Type of the request.
        most: The most parts.

    Returns:
        The parts in the order of the form.

    Raises:
        InvalidRequest: The form is malformed.
        TooLarge: It has more parts.
    """
    parts = []
    for index, (head, content) in enumerate(_split(body, content_type, most)):
        parameters = _disposition(head, index)
        parts.append(FormPart(parameters["name"], parameters.get("filename"), content))
    return parts


def _split(body: bytes, content_type: str, most: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields the headers and the content of each part."""
    delimiter = b"--" + _boundary(content_type)
    if not body.startswith(delimiter):
        raise InvalidRequest("the form does not begin with the boundary that Content-Type names")
    position, count = len(delimiter), 0
    while not _is_end(body, position):
        if count == most:
            raise TooLarge(f"the form has more than {most} files, which is the most")
        head, start = _head(body, position, count)
        end = body.find(b"\r\n" + delimiter, start)
        if end < 0:
            raise InvalidRequest("the form is cut short: its closing boundary is missing")
        yield head, body[start:end]
        position, count = end + 2 + len(delimiter), count + 1


def _boundary(content_type: str) -> bytes:
    kind, _, rest = content_type[:_LONGEST_CONTENT_TYPE].partition(";")
    if kind.strip().lower() != FORM:
        raise InvalidRequest(f"Content-Type {summarize(kind.strip())} is not supported; {_HINT}")
    found = _BOUNDARY.findall(";" + rest)
    text = found[0][0] or found[0][1] if len(found) == 1 else ""
    if not _BOUNDARY_TEXT.fullmatch(text):
        raise InvalidRequest(f"Content-Type {FORM} must name one boundary of 1 to 70 characters")
    return text.encode()


def _is_end(body: bytes, position: int) -> bool:
    """Whether the boundary before `position` is the last one; InvalidRequest where neither it nor a part follows."""
    after = body[position : position + 2]
    if after == b"\r\n":
        return False
    if after == b"--" and body[position + 2 :] in (b"", b"\r\n"):
        return True
    raise InvalidRequest("the form has other bytes than a line break after a boundary, or after its end")


def _head(body: bytes, position: int, index: int) -> tuple[bytes, int]:
    """The headers of the part after the boundary that ends at `position`, and where its content begins."""
    start = position + 2
    end = body.find(b"\r\n\r\n", position, start + _MAX_HEAD_BYTES)
    if end < 0:
        raise InvalidRequest(f"part {index} of the form has no headers, or more than {_MAX_HEAD_BYTES} bytes of them")
    return body[start:end], end + 4


def _describe(head: bytes, index: int) -> str:
    """The field and the name of the file that has these headers; InvalidRequest where they are no file's."""
    parameters = _disposition(head, index)
    field = summarize(parameters["name"])
    if "filename" not in parameters and "filename*" not in parameters:
        raise InvalidRequest(f"the form has the field {field}, which is no file; the model takes only pictures")
    if _headers(head, index).get("content-transfer-encoding", "").strip().lower() not in _PLAIN:
        raise InvalidRequest(f"file {field} of the form has a Content-Transfer-Encoding; send its bytes as they are")
    return f"file {field} of the form"


def _disposition(head: bytes, index: int) -> dict[str, str]:
    """The parameters of a part's Content-Disposition, "name" among them."""
    kind, *_ = disposition = _headers(head, index).get("content-disposition", "").partition(";")
    parameters = _parameters(disposition[1] + disposition[2])
    if kind.strip().lower() != "form-data" or parameters is None or "name" not in parameters:
        raise InvalidRequest(f"part {index} of the form needs the header Content-Disposition: form-data with a name")
    return parameters


def _headers(head: bytes, index: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        key = name.decode("ascii", "replace").lower()
        if not colon or _CONTROL.search(line) or key != key.strip() or not key.isascii() or key in headers:
            raise InvalidRequest(f"part {index} of the form has a malformed header, or one of them twice")
        headers[key] = value.decode("utf-8", "replace")
    return headers


def _parameters(text: str) -> dict[str, str] | None:
    """The parameters of a header by name in lower case; None where they are malformed or one comes twice."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        match = _PARAMETER.match(text, position)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = match[2].strip('"')
        position = match.end()
    return found
