"""Several pictures of one request: in JSON, and in a form."""

import base64
import io
import json
import zlib

import pytest
from PIL import Image
from support.hostile_pictures import chunk

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.limits import Limits
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.protocol import image_limits
from pilotlight_runtime.protocol.images import ImageCodec
from pilotlight_runtime.protocol.picture_batches import MAX_ELEMENTS, MAX_PICTURES, NamedPicture, decode_pictures
from pilotlight_runtime.protocol.tfserving import PredictReader
from pilotlight_runtime.signature import Signature, TensorSpec

GREY = ImageInput("x", 2, 2, 1, 1.0, 0.0, "NHWC")


def codec(shape: tuple[int, ...] = (-1, 2, 2, 1), datatype: str = "UINT8", memory: int = 2**28) -> ImageCodec:
    height, width = (shape[1], shape[2]) if len(shape) == 4 else (2, 2)
    image = GREY._replace(height=height, width=width)
    return ImageCodec(image, TensorSpec("x", DATATYPES[datatype], shape), Limits(memory))


def picture(value: int, size: tuple[int, int] = (2, 2), kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("L", size, value).save(target, kind)
    return target.getvalue()


def named(*contents: bytes) -> list[NamedPicture]:
    return [NamedPicture(f"picture {index}", content) for index, content in enumerate(contents)]


def test_pictures_are_rows() -> None:
    tensor = decode_pictures(codec(), named(picture(1), picture(2, (8, 4)), picture(3)))
    assert tensor.shape == (3, 2, 2, 1)
    assert list(tensor.buffer) == [1] * 4 + [2] * 4 + [3] * 4


@pytest.mark.parametrize("shape", [(-1, 2, 2, 1), (-1, 2, 2), (2, 2)])
def test_one_picture_is_what_it_is_as_the_whole_body(shape: tuple[int, ...]) -> None:
    found = codec(shape)
    assert decode_pictures(found, named(picture(7))) == found.tensor(picture(7))


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 1)])
def test_an_input_without_a_batch_takes_one_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidRequest, match="input 'x' takes one picture at a time; the request has 2"):
        decode_pictures(codec(shape), named(picture(1), picture(2)))


@pytest.mark.parametrize("content", [b"", b"no picture", picture(1)[:40], b"\xff\xd8\xff" + b"a" * 50])
def test_the_wrong_one_is_named(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"^picture 1: the picture is "):
        decode_pictures(codec(), named(picture(1), content))


def test_the_number_of_pictures_is_limited() -> None:
    small = picture(1)
    with pytest.raises(TooLarge, match=f"the request has {MAX_PICTURES + 1} pictures, the most is {MAX_PICTURES}"):
        decode_pictures(codec(), named(*[small] * (MAX_PICTURES + 1)))
    most = MAX_ELEMENTS // (1000 * 1000)
    with pytest.raises(TooLarge, match=f"the request has {most + 1} pictures, the most of this size is {most}"):
        decode_pictures(codec((-1, 1000, 1000, 1)), named(*[small] * (most + 1)))
    with pytest.raises(TooLarge, match="decoding 9 pictures would take about 35 MB of memory"):
        decode_pictures(codec((-1, 500, 500, 1), "FP64", 2**24), named(*[small] * 9))


def test_the_pixels_of_all_pictures_are_limited_together() -> None:
    large = picture(1, (5000, 5000))
    assert decode_pictures(codec(), named(large)).shape == (1, 2, 2, 1)
    with pytest.raises(TooLarge, match="picture 1: the pictures have more than 40000000 pixels together"):
        decode_pictures(codec(), named(large, large))


def test_the_parts_of_all_files_are_limited_together() -> None:
    small = picture(1)
    end = small.index(b"IEND") - 4
    busy = small[:end] + chunk(b"tEXt", b"") * 4000 + small[end:]
    assert len(busy) < 65_536
    assert decode_pictures(codec(), named(busy, busy)).shape == (2, 2, 2, 1)
    with pytest.raises(TooLarge, match="picture 2: the pictures' files have more than 10000 parts together"):
        decode_pictures(codec(), named(busy, busy, busy))


def test_compressed_texts_of_all_files_are_limited_together() -> None:
    small = picture(1)
    end = small.index(b"IEND") - 4
    bomb = small[:end] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9)) * 30 + small[end:]
    with pytest.raises(TooLarge, match=f"picture 2: the pictures have more than {image_limits._MOST_PACKED} color"):
        decode_pictures(codec(), named(bomb, bomb, bomb))


SIGNATURE = Signature((TensorSpec("x", DATATYPES["UINT8"], (-1, 2, 2, 1)),), ())
ONE, TWO = ({"b64": base64.b64encode(picture(value)).decode()} for value in (1, 2))


def read(document: object) -> tuple[tuple[int, ...], list[int], int | None]:
    found = PredictReader(SIGNATURE, pictures=codec()).read(json.dumps(document).encode())
    tensor = found.request.inputs["x"]
    return tensor.shape, list(tensor.buffer), found.rows


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"instances": [ONE, TWO]}, 2),
        ({"instances": [{"x": ONE}, {"x": TWO}]}, 2),
        ({"inputs": [ONE, TWO]}, None),
        ({"inputs": {"x": [ONE, TWO]}}, None),
    ],
)
def test_pictures_of_a_predict_request(document: object, rows: int | None) -> None:
    assert read(document) == ((2, 2, 2, 1), [1] * 4 + [2] * 4, rows)


@pytest.mark.parametrize("document", [{"inputs": ONE}, {"inputs": {"x": ONE}}])
def test_one_picture_of_a_predict_request(document: object) -> None:
    assert read(document) == ((1, 2, 2, 1), [1] * 4, None)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"instances": [ONE, {"b64": "%"}]}, "input 'x': picture 1 is not base64"),
        ({"instances": [ONE, {"b64": "aGk="}]}, "input 'x': picture 1: the picture is neither PNG nor JPEG"),
        ({"instances": [{"b64": "aGk="}]}, "input 'x': the picture is neither PNG nor JPEG"),
        ({"inputs": [ONE, 3]}, 'input \'x\': picture 1 must be {"b64": "..."} as the others are, got 3'),
        ({"instances": [[ONE]]}, "instances[0][0] must be a whole number of 0 to 255, got an object"),
    ],
)
def test_a_wrong_picture_of_a_predict_request_is_named(document: object, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(document)
    assert message in str(caught.value)


def test_numbers_are_still_numbers() -> None:
    assert read({"instances": [[[[1], [2]], [[3], [4]]]]}) == ((1, 2, 2, 1), [1, 2, 3, 4], 1)
