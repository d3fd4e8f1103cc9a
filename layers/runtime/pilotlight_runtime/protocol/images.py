"""PNG and JPEG as a model's input. Only models that take pictures import this module, and only a picture Pillow.

A picture is refused by its header, before it is decoded, where decoding it would take too much memory or time.
"""

from __future__ import annotations

import struct

from pilotlight_runtime.datatypes import Datatype
from pilotlight_runtime.errors import InvalidRequest, SessionError, TooLarge
from pilotlight_runtime.light_typing import TYPE_CHECKING, Final
from pilotlight_runtime.limits import DEFAULT_LIMITS, Limits
from pilotlight_runtime.manifest import ImageInput, Manifest
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferRequest

if TYPE_CHECKING:
    from PIL.Image import Image

    from pilotlight_runtime.protocol.image_limits import Budget

_WIDE_GREYS: Final = ("I;16", "I;16B", "I;16L", "I")
_STRIP_PIXELS: Final = 1_000_000


class ImageCodec:
    """Turns pictures into the input that the manifest names.

    limits: of a request. kind, shape: of the tensor that one picture becomes. SessionError where the manifest's image
    does not fit the signature.
    """

    def __init__(self, image: ImageInput, spec: TensorSpec, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._image = image
        self.kind = spec.datatype
        self.shape = _shape(image, spec)
        self._table = _table(image, spec.datatype)

    @property
    def input(self) -> str:
        """The name of the input."""
        return self._image.input

    @property
    def takes_batches(self) -> bool:
        """Whether the first dimension of the input counts pictures."""
        return self.shape[0] == 1 and len(self.shape) > (2 if self._image.channels == 1 else 3)

    def tensor(self, body: bytes) -> Tensor:
        """Decodes the picture in `body` to the model's size, channels and scale.

        It is rotated as its EXIF orientation says, and transparency is dropped. InvalidRequest where it is neither PNG
        nor JPEG, or is damaged; TooLarge where decoding it would take too much.
        """
        return Tensor(self.kind, self.shape, memoryview(self.elements(body)))

    def elements(self, body: bytes, budget: Budget | None = None) -> bytes:
        """The elements of the picture in `body`, see `tensor`. budget: of the request, where it has several."""
        picture = _resized(_upright(_decoded(body, self._image.channels, self.limits, budget)), self._image)
        planes = [picture]
        if self._image.layout == "NCHW" and self._image.channels > 1:
            planes = list(picture.split())
        pixels = b"".join(plane.tobytes() for plane in planes)
        if self.kind.itemsize == 1:
            return pixels.translate(b"".join(self._table))
        return b"".join(map(self._table.__getitem__, pixels))

    def preload(self) -> None:
        """Imports Pillow and its decoders, so that a snapshot holds them."""
        import PIL.Image

        PIL.Image.preinit()

    def request(self, body: bytes) -> InferRequest:
        """The inference request that the picture in `body` is."""
        return InferRequest({self._image.input: self.tensor(body)})


def image_codec(manifest: Manifest, limits: Limits = DEFAULT_LIMITS) -> ImageCodec | None:
    """The codec of a model that takes pictures; None where it takes none."""
    if manifest.image is None:
        return None
    spec = manifest.signature.input(manifest.image.input)
    if spec is None:
        raise SessionError(f"image.input is {manifest.image.input!r}, which is no input of the model")
    return ImageCodec(manifest.image, spec, limits)


def _shape(image: ImageInput, spec: TensorSpec) -> tuple[int, ...]:
    """The shape of one picture, with a batch dimension or a channel dimension where the model has them."""
    flat = (image.height, image.width)
    full = (*flat, image.channels) if image.layout == "NHWC" else (image.channels, *flat)
    shapes = [(1, *full), full, *([(1, *flat), flat] if image.channels == 1 else [])]
    for shape in shapes:
        if spec.accepts(shape):
            return shape
    raise SessionError(f"image of {list(full)} ({image.layout}) does not fit input {spec.name!r} of {list(spec.shape)}")


def _table(image: ImageInput, kind: Datatype) -> tuple[bytes, ...]:
    """The element that each pixel value becomes, as bytes."""
    values: list[float] = [pixel * image.scale + image.offset for pixel in range(256)]
    whole = [round(value) for value in values]
    try:
        if kind.format in ("e", "f", "d"):
            return tuple(struct.pack(f"<{kind.format}", value) for value in values)
        if kind.format and kind.format != "?":
            return tuple(struct.pack(f"<{kind.format}", value) for value in whole)
    except (struct.error, OverflowError):
        raise SessionError(f"pixels times {image.scale} plus {image.offset} do not fit {kind.name}") from None
    raise SessionError(f"a picture cannot become {kind.name}")


def _decoded(body: bytes, channels: int, limits: Limits, budget: Budget | None) -> Image:
    """The picture as grey or RGB, as it is stored."""
    import io
    import warnings

    import PIL.Image  # 30 ms that only pictures pay for

    from pilotlight_runtime.protocol.image_limits import check_parts, check_picture, too_many_pixels

    check_parts(body)
    try:
        # Pillow's warnings about damaged metadata would be lines of the log.
        with (
            warnings.catch_warnings(action="ignore"),
            PIL.Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as picture,
        ):
            check_picture(picture, body, channels, limits)
            if budget is not None:
                budget.add_picture(picture, body)
            picture.load()
            return _converted(picture, "L" if channels == 1 else "RGB")
    except PIL.Image.DecompressionBombError:
        raise too_many_pixels() from None
    except PIL.UnidentifiedImageError:
        raise InvalidRequest("the picture is neither PNG nor JPEG, or its beginning is damaged") from None
    except TooLarge:
        raise
    except Exception as error:  # noqa: BLE001  (Pillow's decoders raise most kinds for a damaged file)
        raise InvalidRequest(f"the picture is damaged or cut short ({type(error).__name__})") from None


def _converted(picture: Image, mode: str) -> Image:
    if picture.mode in _WIDE_GREYS:
        picture = _narrowed(picture)
    return picture if picture.mode == mode else picture.convert(mode)


def _narrowed(picture: Image) -> Image:
    """16-bit greys as 8-bit ones, strip by strip. Pillow would cut them off at 255 instead of scaling them."""
    from PIL.Image import new

    grey = new("L", picture.size)
    rows = max(1, _STRIP_PIXELS // max(1, picture.width))
    for top in range(0, picture.height, rows):
        strip = picture.crop((0, top, picture.width, min(top + rows, picture.height))).convert("I")
        grey.paste(strip.point(lambda value: value * (1 / 256)).convert("L"), (0, top))
    grey.info = picture.info
    return grey


def _upright(picture: Image) -> Image:
    """Rotates the picture as EXIF says: cameras store pictures as the sensor was held."""
    from pilotlight_runtime.protocol.image_limits import orientation

    if orientation(picture) == 1:
        return picture
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _resized(picture: Image, image: ImageInput) -> Image:
    from PIL.Image import Resampling

    if picture.size != (image.width, image.height):
        return picture.resize((image.width, image.height), Resampling.BILINEAR)
    return picture
