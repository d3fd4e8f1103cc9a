"""Pictures that are small files and large once they are decoded, or that have very many parts."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, Final

from PIL import Image

MEGABYTE: Final = 1024 * 1024
_BEHIND_HEADER: Final = 33
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture's file."""
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def black_png(width: int, height: int, *, bits: int = 8, colour: int = 0, interlaced: bool = False) -> bytes:
    """A black PNG, made without its pixels in memory. colour: PNG's colour type."""
    row = (width * _CHANNELS[colour] * bits + 7) // 8 + 1
    left = row * height + (7 * (width + height) * 8 if interlaced else 0)
    packer, packed = zlib.compressobj(9), b""
    while left > 0:
        packed += packer.compress(bytes(min(left, MEGABYTE)))
        left -= MEGABYTE
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    content = chunk(b"IHDR", header) + palette + chunk(b"IDAT", packed + packer.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(chunks: bytes) -> bytes:
    """A small PNG with further chunks before its pixels."""
    plain = saved(Image.new("RGB", (8, 8)))
    return plain[:_BEHIND_HEADER] + chunks + plain[_BEHIND_HEADER:]


def jpeg_with(segments: bytes) -> bytes:
    """A small JPEG with further segments at its beginning."""
    plain = saved(Image.new("RGB", (8, 8)), "JPEG")
    return plain[:2] + segments + plain[2:]


def jpeg(mode: str, size: tuple[int, int], *, turned: bool = False, **options: Any) -> bytes:
    """A JPEG of one colour. turned: with an EXIF orientation."""
    if turned:
        exif = Image.Exif()
        exif[0x0112] = 6
        options["exif"] = exif
    return saved(Image.new(mode, size, 99 if mode == "L" else (99,) * len(mode)), "JPEG", **options)


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes 400 times more."""
    plain = saved(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    scan = plain[plain.rfind(b"\xff\xda") : -2]
    return plain[:-2] + scan * 400 + plain[-2:]


HOSTILE_PICTURES: Final = {
    "PNG of 1 x 40,000,000": lambda: black_png(1, 40_000_000),
    "PNG of 40,000,000 x 1": lambda: black_png(40_000_000, 1, colour=2),
    "PNG of 1 x 40,000,000, 16 bits": lambda: black_png(1, 40_000_000, bits=16),
    "PNG of 1 x 40,000,000, interlaced": lambda: black_png(1, 40_000_000, colour=2, interlaced=True),
    "16-bit grey PNG, 40 megapixels": lambda: black_png(6300, 6300, bits=16),
    "16-bit RGBA PNG, 40 megapixels": lambda: black_png(6300, 6300, bits=16, colour=6),
    "grey and alpha PNG, 40 megapixels": lambda: black_png(6300, 6300, colour=4),
    "CMYK JPEG, 40 megapixels": lambda: jpeg("CMYK", (6300, 6300)),
    "progressive JPEG, 40 megapixels": lambda: jpeg("RGB", (6300, 6300), progressive=True),
    "rotated JPEG, 40 megapixels": lambda: jpeg("RGB", (6300, 6300), turned=True),
    "JPEG of 600 x 65,000": lambda: jpeg("RGB", (600, 65_000)),
    "JPEG of 406 scans": many_scans,
    "PNG, zTXt of 100 MB": lambda: png_with(chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(100 * MEGABYTE), 9))),
    "PNG, iCCP of 100 MB": lambda: png_with(chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(100 * MEGABYTE), 9))),
    "PNG, 4,000 iCCP of 1 MB": lambda: png_with(
        chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(MEGABYTE - 10), 9)) * 4000
    ),
    "PNG, 280,000 tEXt": lambda: png_with(chunk(b"tEXt", b"k\0v") * 280_000),
    "PNG, 380,000 unknown chunks": lambda: png_with(chunk(b"abCD", b"") * 380_000),
    "JPEG, 1,000,000 segments": lambda: jpeg_with(b"\xff\xe5\x00\x02" * 1_000_000),
    "JPEG, 4 MB of fill bytes": lambda: jpeg_with(b"\xff" * 4_000_000),
}
"""Each is refused."""

HOSTILE_PACKED_PICTURES: Final = {
    "JPEG, 60 MB of EXIF": lambda: jpeg_with((b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)) * 915),
    "JPEG, 60 MB behind markers without a length": lambda: jpeg_with((b"\xff\xf0\xfe\xfe" + bytes(65_278)) * 920),
}
"""Each is refused. They compress well enough for Lambda."""

LARGE_PICTURES: Final = {
    "RGB PNG, 40 megapixels": lambda: black_png(6300, 6300, colour=2),
    "palette PNG, 40 megapixels": lambda: black_png(6300, 6300, colour=3),
    "interlaced PNG, 40 megapixels": lambda: black_png(6300, 6300, colour=2, interlaced=True),
    "16-bit grey PNG, 36 megapixels": lambda: black_png(6000, 6000, bits=16),
    "RGBA PNG, 33 megapixels": lambda: black_png(5700, 5800, colour=6),
    "JPEG, 40 megapixels": lambda: jpeg("RGB", (6300, 6300)),
    "rotated JPEG, 33 megapixels": lambda: jpeg("RGB", (5800, 5700), turned=True),
    "progressive JPEG, 24 megapixels": lambda: jpeg("RGB", (6000, 4000), progressive=True),
    "JPEG, fill bytes in a segment and behind the picture": lambda: (
        jpeg_with(b"\xff\xe5\xff\xff" + b"\xff" * 65_533) + b"\xff" * 65_536
    ),
    "panorama of 30,000 x 1,300": lambda: jpeg("RGB", (30_000, 1300)),
    "PNG, iTXt of 60 x 1 MB": lambda: png_with(
        chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(MEGABYTE - 10), 9)) * 60
    ),
}
"""Each is answered."""
