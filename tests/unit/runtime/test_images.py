import io
import random
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageOps
from support.hostile_pictures import chunk
from support.manifests import manifest_of

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.errors import InvalidRequest, SessionError, TooLarge
from pilotlight_runtime.limits import Limits
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.protocol.http import is_upload
from pilotlight_runtime.protocol.image_limits import MAX_FILE_BYTES, MAX_PARTS, MAX_PIXELS, MAX_SIDE, check_parts
from pilotlight_runtime.protocol.images import ImageCodec, image_codec
from pilotlight_runtime.signature import TensorSpec

GREY = ImageInput("x", 2, 2, 1, 1.0, 0.0, "NHWC")
RGB = GREY._replace(channels=3)


def codec(image: ImageInput, shape: tuple[int, ...], datatype: str = "UINT8") -> ImageCodec:
    return ImageCodec(image, TensorSpec("x", DATATYPES[datatype], shape))


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def picture(mode: str, pixels: list[Any], size: tuple[int, int] = (2, 2)) -> Image.Image:
    found = Image.new(mode, size)
    for index, pixel in enumerate(pixels):
        found.putpixel((index % size[0], index // size[0]), pixel)
    return found


COLOURS = [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]


@pytest.mark.parametrize(
    ("layout", "shape", "expected"),
    [
        ("NHWC", (-1, 2, 2, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("NHWC", (2, 2, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("NCHW", (1, 3, 2, 2), [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]),
    ],
)
def test_layouts(layout: str, shape: tuple[int, ...], expected: list[int]) -> None:
    tensor = codec(RGB._replace(layout=layout), shape).tensor(saved(picture("RGB", COLOURS)))
    assert list(tensor.buffer) == expected
    assert tensor.shape == tuple(abs(size) for size in shape)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((-1, 2, 2, 1), (1, 2, 2, 1)), ((2, 2, 1), (2, 2, 1)), ((-1, 2, 2), (1, 2, 2)), ((2, 2), (2, 2))],
)
def test_greys_with_and_without_batch_and_channel(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    tensor = codec(GREY, shape).tensor(saved(picture("L", [0, 1, 128, 255])))
    assert tensor.shape == expected
    assert list(tensor.buffer) == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("datatype", "scale", "offset", "expected"),
    [
        ("FP32", 1 / 255, 0.0, [0.0, 1 / 255, 128 / 255, 1.0]),
        ("FP64", 2 / 255, -1.0, [-1.0, 2 / 255 - 1, 256 / 255 - 1, 1.0]),
        ("FP16", 1.0, 0.5, [0.5, 1.5, 128.5, 255.5]),
        ("INT8", 1.0, -128.0, [-128, -127, 0, 127]),
        ("INT64", 0.5, 0.0, [0, 0, 64, 128]),
    ],
)
def test_scale_and_offset(datatype: str, scale: float, offset: float, expected: list[float]) -> None:
    image = GREY._replace(scale=scale, offset=offset)
    tensor = codec(image, (1, 2, 2, 1), datatype).tensor(saved(picture("L", [0, 1, 128, 255])))
    found = struct.unpack(f"<4{DATATYPES[datatype].format}", tensor.buffer)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(
    ("mode", "pixels", "expected"),
    [
        ("RGB", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0)], [0, 255, 76, 150]),
        ("1", [0, 1, 1, 0], [0, 255, 255, 0]),
        ("LA", [(0, 255), (10, 0), (20, 128), (255, 255)], [0, 10, 20, 255]),
        ("I;16", [0, 256, 32768, 65535], [0, 1, 128, 255]),
    ],
)
def test_each_kind_of_picture_becomes_grey(mode: str, pixels: list[Any], expected: list[int]) -> None:
    assert list(codec(GREY, (2, 2)).tensor(saved(picture(mode, pixels))).buffer) == expected


def test_a_palette_becomes_colours() -> None:
    plain = saved(picture("RGB", COLOURS).quantize(4, dither=Image.Dither.NONE))
    assert list(codec(RGB, (2, 2, 3)).tensor(plain).buffer) == [value for colour in COLOURS for value in colour]


def test_another_size_is_brought_to_the_models() -> None:
    tensor = codec(GREY, (2, 2)).tensor(saved(Image.new("L", (300, 200), 77)))
    assert list(tensor.buffer) == [77] * 4


def test_jpeg_is_turned_as_its_camera_was_held() -> None:
    lying = Image.new("L", (16, 8))
    lying.paste(255, (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the left of what is stored belongs at the top
    body = saved(lying, "JPEG", quality=100, exif=exif)
    assert [value > 127 for value in codec(GREY, (2, 2)).tensor(body).buffer] == [True, True, False, False]


PNG = saved(Image.new("L", (8, 8), 3))
JPEG = saved(Image.new("L", (8, 8), 3), "JPEG")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a",
        saved(Image.new("L", (2, 2)), "GIF"),
        PNG[:20],
        PNG[:-24],
        PNG[:40] + b"\0" * 30,
        JPEG[:30],
        JPEG[:-20],
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
    ],
)
def test_what_is_no_whole_picture_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="the picture is"):
        codec(GREY, (2, 2)).tensor(body)


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header says it is of that size, with no pixels in it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG[:8] + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + PNG[33:]


@pytest.mark.parametrize("size", [(MAX_PIXELS, 2), (10_000, 10_000), (100_000, 100_000)])
def test_a_picture_that_would_fill_the_memory_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match=str(MAX_PIXELS)):
        codec(GREY, (2, 2)).tensor(claiming(*size))


@pytest.mark.parametrize(
    ("image", "shape", "datatype", "message"),
    [
        (RGB, (1, 2, 2, 1), "FP32", r"image of \[2, 2, 3\] \(NHWC\) does not fit input 'x' of \[1, 2, 2, 1\]"),
        (RGB._replace(layout="NCHW"), (1, 2, 2, 3), "FP32", "does not fit"),
        (GREY._replace(scale=2.0), (2, 2), "UINT8", r"pixels times 2.0 plus 0.0 do not fit UINT8"),
        (GREY._replace(scale=1e6), (2, 2), "FP16", "do not fit FP16"),
        (GREY, (2, 2), "BYTES", "a picture cannot become BYTES"),
        (GREY, (2, 2), "BOOL", "a picture cannot become BOOL"),
        (GREY, (2, 2), "BF16", "a picture cannot become BF16"),
    ],
)
def test_an_image_that_does_not_fit_the_model_stops_the_start(
    image: ImageInput, shape: tuple[int, ...], datatype: str, message: str
) -> None:
    with pytest.raises(SessionError, match=message):
        codec(image, shape, datatype)


def test_the_manifest_says_whether_pictures_are_taken() -> None:
    ends = [("x", "UINT8", (2, 2))], [("y", "UINT8", (2, 2))]
    assert image_codec(manifest_of(*ends)) is None
    found = image_codec(manifest_of(*ends, GREY))
    assert found is not None
    assert list(found.request(PNG).inputs) == ["x"]
    with pytest.raises(SessionError, match=r"image\.input is 'z', which is no input of the model"):
        image_codec(manifest_of(*ends, GREY._replace(input="z")))


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (PNG, "", True),
        (JPEG, "application/octet-stream", True),
        (b"?", " Image/PNG", True),
        (b"?", " Multipart/form-data; boundary=x", True),
        (b"--x", "text/plain", False),
        (b'{"inputs": []}', "application/json", False),
        (b"", "", False),
    ],
)
def test_a_picture_is_known_by_its_type_or_its_beginning(body: bytes, content_type: str, *, expected: bool) -> None:
    assert is_upload(body, content_type) == expected


@pytest.mark.parametrize("size", [(3, 2), (1000, 1501), (1501, 3)])
def test_16_bit_greys_are_the_same_in_strips_as_at_once(size: tuple[int, int]) -> None:
    """Strips bound the memory."""
    raw = random.Random(1).randbytes(size[0] * size[1] * 2)  # noqa: S311  (a picture)
    wide = Image.frombytes("I;16", size, raw)
    expected = wide.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    image = GREY._replace(width=size[0], height=size[1])
    found = codec(image, (size[1], size[0])).tensor(saved(wide))
    assert bytes(found.buffer) == expected.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "I;16", "1"])
def test_every_orientation_of_every_mode(orientation: int, channels: int, mode: str) -> None:
    """The picture is converted before it is rotated, which takes less memory; the pixels are the same."""
    raw = random.Random(2).randbytes(5 * 7 * 4)  # noqa: S311  (a picture)
    plain = Image.frombytes("RGBA", (5, 7), raw)
    if mode != "RGBA":
        plain = plain.convert("RGB").convert("L" if mode == "I;16" else mode).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = saved(plain, exif=exif)
    opened = Image.open(io.BytesIO(body))
    turned = ImageOps.exif_transpose(opened)
    if mode == "I;16":
        turned = turned.convert("I").point(lambda value: value * (1 / 256))
    turned = turned.convert("L" if channels == 1 else "RGB")
    image = GREY._replace(width=turned.width, height=turned.height, channels=channels)
    found = codec(image, (turned.height, turned.width, channels)).tensor(body)
    assert bytes(found.buffer) == turned.tobytes()


@pytest.mark.parametrize(
    ("size", "message"),
    [((MAX_SIDE + 1, 2), "the longest side is 30000"), ((2, MAX_SIDE + 1), "the longest side is 30000")],
)
def test_a_picture_with_a_long_side_is_refused(size: tuple[int, int], message: str) -> None:
    with pytest.raises(TooLarge, match=message):
        codec(GREY, (2, 2)).tensor(claiming(*size))


def test_the_memory_of_a_request_limits_a_picture() -> None:
    small = ImageCodec(GREY, TensorSpec("x", DATATYPES["UINT8"], (2, 2)), Limits(1_000_000))
    assert small.tensor(saved(Image.new("L", (999, 999)))).shape == (2, 2)
    with pytest.raises(TooLarge, match="decoding 1002001 pixels would take about 1 MB of memory"):
        small.tensor(saved(Image.new("L", (1001, 1001))))


@pytest.mark.parametrize(
    "body",
    [
        PNG[:33] + chunk(b"tEXt", b"k\0v") * (MAX_PARTS + 1) + PNG[33:],
        JPEG[:2] + b"\xff\xe5\0\2" * MAX_PARTS * 2 + JPEG[2:],
    ],
)
def test_a_file_of_too_many_parts_is_refused(body: bytes) -> None:
    with pytest.raises(TooLarge, match="more than 10000 parts"):
        codec(GREY, (2, 2)).tensor(body)


@pytest.mark.parametrize(
    "body",
    [
        saved(Image.effect_noise((600, 600), 99), "JPEG", quality=100),
        saved(Image.effect_noise((600, 600), 99), "JPEG", progressive=True, quality=100, restart_marker_blocks=1),
        saved(Image.effect_noise((600, 600), 99)),
    ],
)
def test_a_large_file_of_few_parts_is_read(body: bytes) -> None:
    assert len(body) > 65_536
    assert codec(GREY, (2, 2)).tensor(body).shape == (2, 2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xff\xd8" + bytes(MAX_FILE_BYTES), "bytes long, the most is"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"iCCP", bytes(4000)) * 100, "color profiles"),
    ],
)
def test_a_file_that_would_take_seconds_is_refused_unread(body: bytes, message: str) -> None:
    with pytest.raises(TooLarge, match=message):
        check_parts(body)
