"""Forms with files, decoded from RFC 7578 and RFC 2046 alone, where every part has the headers that curl writes.

Other headers may be refused or read; docs/protocols.md says that a form has files alone.
"""

from __future__ import annotations

import re

from fuzz.oracle.expected import Invalid

_TYPE = re.compile(r"multipart/form-data; boundary=([0-9A-Za-z-]{1,70})")
_HEAD = re.compile(rb'Content-Disposition: form-data; name="\w+"; filename="[\w.]+"\r\nContent-Type: image/\w+')


class UnknownForm(Exception):
    """A form that may be refused or read."""


def read_form(body: bytes, content_type: str) -> list[bytes]:
    """Reads the files of a form.

    Args:
        body: The body.
        content_type: The header.

    Returns:
        The files in order.

    Raises:
        Invalid: The form has no end, no file, or a field that is no file.
        UnknownForm: See there.
    """
    named = _TYPE.fullmatch(content_type)
    if named is None:
        raise UnknownForm
    line = b"\r\n--" + named[1].encode()
    first, *parts = (b"\r\n" + body).split(line)
    if first or not parts or not re.fullmatch(rb"--(\r\n)?", parts[-1]):
        raise Invalid("a form without its boundaries")
    files = []
    for part in parts[:-1]:
        head, empty, content = part.partition(b"\r\n\r\n")
        if not _HEAD.fullmatch(head.removeprefix(b"\r\n")) or not head.startswith(b"\r\n") or not empty:
            raise UnknownForm
        files.append(content)
    if not files:
        raise Invalid("a form without a file")
    return files
