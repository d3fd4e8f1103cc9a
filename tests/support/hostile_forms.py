"""Forms, multipart/form-data, that would take much memory or time, and large ones that people send."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image

from support.hostile_pictures import MEGABYTE, black_png, chunk, jpeg, png_with, saved

Form = tuple[bytes, str]
"""A body and its Content-Type."""

_BOUNDARY: Final = b"-" * 24 + b"d74496d66958873e"
_KIND: Final = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
_HEAD: Final = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png'
_BUSY: Final = chunk(b"abCD", b"") * 5000


def form(*contents: bytes, head: bytes = _HEAD, boundary: bytes = _BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    """A form with these files."""
    line = b"--" + boundary
    return b"".join(line + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for content in contents) + line + end


def _form(*contents: bytes, head: bytes = _HEAD, end: bytes = b"--\r\n") -> Form:
    return form(*contents, head=head, end=end), _KIND


def _small() -> bytes:
    return saved(Image.new("RGB", (8, 8)))


def _nested() -> Form:
    kind = b"Content-Type: multipart/mixed; boundary=inner"
    return _form(form(_small(), boundary=b"inner") * 20_000, head=_HEAD.replace(b"Content-Type: image/png", kind))


HOSTILE_FORMS: Final[dict[str, Callable[[], Form]]] = {
    "a form without a boundary": lambda: (form(_small()), "multipart/form-data"),
    "a form of another boundary": lambda: (form(_small()), "multipart/form-data; boundary=other"),
    "a form with a Content-Type of 1 MB": lambda: (form(_small()), "multipart/form-data; " + "a=b; " * 200_000),
    "a form with a header of 4 MB": lambda: _form(_small(), head=_HEAD + b"\r\nX: " + b"a" * 4_000_000),
    "a form with 100,000 headers": lambda: _form(_small(), head=_HEAD + b"\r\nX: 1" * 100_000),
    "a form with 4 MB of quotes": lambda: _form(_small(), head=_HEAD.replace(b"a.png", b'\\"' * 2_000_000)),
    "a form in a form": _nested,
    "a form that is cut short": lambda: (form(bytes(4_000_000))[:-10], _KIND),
    "a form of one byte": lambda: (b"-", _KIND),
    "a form of 40,000 empty files": lambda: _form(*[b""] * 20_000),
    "a form of 1,001 pictures": lambda: _form(*[_small()] * 1001),
    "a form with NUL in a header": lambda: _form(_small(), head=_HEAD.replace(b"a.png", b"a\0.png")),
    "a form of another charset": lambda: _form(_small(), head=_HEAD.decode().encode("utf-16")),
    "a form with a field of 4 MB": lambda: _form(
        bytes(4_000_000), head=b'Content-Disposition: form-data; name="threshold"'
    ),
    "a form of 4 MB of nearly boundaries": lambda: _form((b"\r\n--" + _BOUNDARY[:-1]) * 90_000),
    "a form of two pictures of 40 megapixels": lambda: _form(*[black_png(6300, 6300, colour=2)] * 2),
    "a form of 60 busy PNGs": lambda: _form(*[png_with(_BUSY)] * 60),
    "a form of 900 PNGs with zTXt of 1 MB": lambda: _form(
        *[png_with(chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(MEGABYTE - 10), 9)))] * 900
    ),
    "a form of 30 JPEGs with 20 megapixels": lambda: _form(*[jpeg("L", (5000, 4000))] * 12),
}
"""Each is refused."""

HOSTILE_PACKED_FORMS: Final[dict[str, Callable[[], Form]]] = {
    "a form of 60 MB": lambda: _form(bytes(60 * MEGABYTE)),
    "a form of 900 files of 64 kB": lambda: _form(*[bytes(65_000)] * 900),
    "a form of 60 MB of nearly boundaries": lambda: _form((b"\r\n--" + _BOUNDARY[:-1]) * 1_400_000),
    "a form of 60 MB of line breaks": lambda: _form(b"\r\n" * 30_000_000, end=b""),
}
"""Each is refused. They compress well enough for Lambda."""

LARGE_FORMS: Final[dict[str, Callable[[], Form]]] = {
    "a form of 1,000 pictures": lambda: _form(*[_small()] * 1000),
    "a form of a JPEG of 40 megapixels": lambda: _form(jpeg("RGB", (6300, 6300))),
    "a form of ten photos of 4 megapixels": lambda: _form(*[jpeg("RGB", (2000, 1990))] * 10),
}
"""Each is answered."""
