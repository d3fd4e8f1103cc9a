"""What decoding a picture takes, told from its header and the number of its parts.

Sources: PNG specification, "Chunk layout"; ITU-T T.81, annex B, for the markers of JPEG; libjpeg's jdcoefct.c, which
keeps the coefficients of a progressive picture, two bytes each, until its last scan.
"""

from __future__ import annotations

from pilotlight_runtime.errors import TooLarge
from pilotlight_runtime.light_typing import TYPE_CHECKING, Final
from pilotlight_runtime.limits import Limits, out_of_memory

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS: Final = 40_000_000
MAX_SIDE: Final = 30_000
"""Pillow keeps an address a row, so that a picture of one column takes ten times the memory of a square one."""

MAX_PARTS: Final = 10_000
"""The most chunks of a PNG, and the most segments of a JPEG, before Pillow reads each in Python."""

MAX_FILE_BYTES: Final = 8 * 1024 * 1024
"""Of a picture's file. Lambda carries 4.5 MB; only a compressed body unpacks to more, such as 60 MB of EXIF data."""

_MOST_PROFILES: Final = 16
"""The most color profiles of a PNG, which may have one. Pillow decompresses each, to a megabyte at most."""

_MOST_SCANNED: Final = 600_000_000
"""Pixels times scans: each scan of a JPEG goes over all pixels again."""

_UNCHECKED_BYTES: Final = 65_536
_ORIENTATION: Final = 0x0112  # EXIF 2.32, tag Orientation
_SCAN: Final = b"\xff\xda"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_COMPRESSED: Final = (b"iCCP", b"iTXt", b"zTXt")
_MOST_PACKED: Final = 64
"""The most compressed profiles and texts of several pictures. Pillow unpacks each to a megabyte at most."""

_WITH_ORIENTATION: Final = (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
_STORED: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""Bytes of a pixel in Pillow, by mode; 4 for all others."""


def orientation(picture: Image) -> int:
    """The picture's EXIF orientation; 1 where it is upright."""
    found = picture.getexif().get(_ORIENTATION, 1)
    return found if isinstance(found, int) else 1


def check_parts(body: bytes) -> None:
    """Raises TooLarge where a file is so long, or has so many parts, that reading them takes seconds."""
    if len(body) <= _UNCHECKED_BYTES:
        return
    if len(body) > MAX_FILE_BYTES:
        raise TooLarge(f"the picture's file is {len(body)} bytes long, the most is {MAX_FILE_BYTES}")
    if body.startswith(_PNG) and body.count(b"iCCP") > _MOST_PROFILES:
        raise TooLarge(f"the picture has more than {_MOST_PROFILES} color profiles; save it again")
    parts = _png_chunks(body) if body.startswith(_PNG) else _jpeg_segments(body)
    if parts > MAX_PARTS:
        raise TooLarge(f"the picture's file has more than {MAX_PARTS} parts, which is the most; save it again")


def check_picture(picture: Image, body: bytes, channels: int, limits: Limits) -> None:
    """Raises TooLarge where decoding the picture would take too much. channels: of the model."""
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise TooLarge(f"the picture has {pixels} pixels, the most is {MAX_PIXELS}")
    if max(picture.size) > MAX_SIDE:
        raise TooLarge(f"the picture is {picture.width} x {picture.height} pixels, the longest side is {MAX_SIDE}")
    if picture.format != "PNG" and pixels * body.count(_SCAN) > _MOST_SCANNED:
        raise TooLarge(
            f"the picture has {pixels} pixels in {body.count(_SCAN)} scans, which is too much; save it again"
        )
    needed = pixels * _bytes_of_pixel(picture, channels, rotated=_may_rotate(picture, body))
    if needed > limits.memory:
        raise out_of_memory(f"decoding {pixels} pixels", needed, limits.memory, "send a smaller picture")


class Budget:
    """What the pictures of one request may take together. Each alone is checked besides."""

    def __init__(self) -> None:
        self._parts = self._packed = self._pixels = self._scanned = 0

    def add_file(self, body: bytes) -> None:
        """Raises TooLarge where the files have too many parts to read."""
        self._parts += _png_chunks(body) if body.startswith(_PNG) else _jpeg_segments(body)
        self._packed += sum(map(body.count, _COMPRESSED))
        if self._parts > MAX_PARTS:
            raise TooLarge(f"the pictures' files have more than {MAX_PARTS} parts together; send fewer at once")
        if self._packed > _MOST_PACKED:
            raise TooLarge(
                f"the pictures have more than {_MOST_PACKED} color profiles and texts together; send fewer at once"
            )

    def add_picture(self, picture: Image, body: bytes) -> None:
        """Raises TooLarge where the pictures have too many pixels to decode."""
        pixels = picture.width * picture.height
        self._pixels += pixels
        self._scanned += pixels * (1 if picture.format == "PNG" else body.count(_SCAN))
        if self._pixels > MAX_PIXELS or self._scanned > _MOST_SCANNED:
            raise TooLarge(f"the pictures have more than {MAX_PIXELS} pixels together; send fewer at once")


def too_many_pixels() -> TooLarge:
    """The error for a picture whose number of pixels Pillow refuses."""
    return TooLarge(f"the picture has more than {MAX_PIXELS} pixels, which is the most")


def _bytes_of_pixel(picture: Image, channels: int, *, rotated: bool) -> int:
    """The most bytes a pixel takes: while it is decoded, converted and rotated."""
    stored, wanted = _STORED.get(picture.mode, 4), 1 if channels == 1 else 4
    coefficients = 2 * len(picture.getbands()) if picture.info.get("progressive") else 0
    steps = [stored + coefficients]
    if picture.mode != ("L" if channels == 1 else "RGB"):
        steps.append(stored + wanted + (1 if stored == _STORED["I;16"] else 0))
    if rotated:
        steps.append(2 * wanted)
    return max(steps)


def _may_rotate(picture: Image, body: bytes) -> bool:
    """Whether the picture may have to be rotated. A PNG may say so behind its pixels, which are not decoded yet."""
    if picture.format == "PNG":
        return any(kind in body for kind in _WITH_ORIENTATION)
    return orientation(picture) != 1


def _png_chunks(body: bytes) -> int:
    """How many chunks a PNG has; counting ends above MAX_PARTS."""
    count, position = 0, len(_PNG)
    while position < len(body) and count <= MAX_PARTS:
        position += 12 + int.from_bytes(body[position : position + 4], "big")
        count += 1
    return count


def _jpeg_segments(body: bytes) -> int:
    """How many segments and fill bytes a JPEG has before its first scan; counting ends above MAX_PARTS."""
    count, position = 0, 2
    while position + 4 <= len(body) and count <= MAX_PARTS and body[position : position + 2] != _SCAN:
        has_length = body[position] == 0xFF and body[position + 1] not in (0x00, 0x01, 0xFF, *range(0xD0, 0xD9))
        position += 2 + int.from_bytes(body[position + 2 : position + 4], "big") if has_length else 1
        count += 1
    return count
