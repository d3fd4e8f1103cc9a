"""Functions that take a PNG or JPEG as the body. Pillow decodes it here too, numpy does the rest."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from fuzz.arrays import Array
from fuzz.targets.target import Picture, Refused, Target, graph_target

MOST_PIXELS = 40_000_000
APP = "from pilotlight_runtime import model_handler\n\nhandler = model_handler(__file__)\n"


def picture_targets() -> list[Target]:
    """The targets of this module."""
    return [
        _target("picture-rgb", "float[n,4,6,3]", Picture("x", 4, 6, 3, 0.5, "NHWC")),
        _target("picture-planes", "float[1,3,5,4]", Picture("x", 5, 4, 3, 1.0, "NCHW")),
        _target("picture-bytes", "uint8[n,4,6,3]", Picture("x", 4, 6, 3, 1.0, "NHWC")),
        _target("picture-half", "float16[n,3,4,6]", Picture("x", 4, 6, 3, 0.5, "NCHW")),
        _target("picture-column", "float[5,4]", Picture("x", 5, 4, 1, 1.0, "NHWC")),
        _target("picture-grey", "float[n,8,8,1]", Picture("x", 8, 8, 1, 0.00390625, "NHWC")),
    ]


def _target(name: str, kind: str, picture: Picture) -> Target:
    graph = f"({kind} x) => ({kind} y) {{ y = Identity(x) }}"
    files = {"model.toml": f'kind = "onnx"\n{picture.toml()}', "app.py": APP}
    return graph_target(name, graph, lambda x: x, image=picture, files=files)


def read_picture(body: bytes, picture: Picture, dtype: np.dtype[np.generic], rank: int) -> Array:
    """What the picture in `body` is to a model.

    Args:
        body: The file.
        picture: How the model takes pictures.
        dtype: The datatype of the input.
        rank: The number of its dimensions.

    Returns:
        The input.

    Raises:
        Refused: Pillow cannot read the file, or it has more than MOST_PIXELS.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as found:
                small = found.width * found.height <= MOST_PIXELS
                pixels = _pixels(ImageOps.exif_transpose(found), picture) if small else np.zeros(0)
    except Exception as error:  # noqa: BLE001  (Pillow's decoders raise most kinds)
        raise Refused(f"a damaged picture ({type(error).__name__})") from None
    if not small:
        raise Refused("too many pixels")
    planes = pixels.transpose(2, 0, 1) if picture.layout == "NCHW" else pixels
    values = planes.astype(np.float64) * picture.scale
    if rank < 4 and picture.channels == 1:
        values = values.reshape(picture.height, picture.width)
    return np.ascontiguousarray(
        values.astype(dtype).reshape((1, *values.shape) if values.ndim < rank else values.shape)
    )


def _pixels(found: Image.Image, picture: Picture) -> Array:
    """Height, width and channels of bytes."""
    if found.mode.startswith("I"):  # 16 bits of grey: the upper ones
        found = Image.fromarray((np.asarray(found).astype(np.int64) // 256).clip(0, 255).astype(np.uint8))
    found = found.convert("L" if picture.channels == 1 else "RGB")
    size = (picture.width, picture.height)
    if found.size != size:
        found = found.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(found).reshape(picture.height, picture.width, picture.channels)
