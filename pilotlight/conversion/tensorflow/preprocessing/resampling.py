"""ResizeBicubic and ResizeArea (Resizing) as two products with the weights that TensorFlow uses.

ONNX's Resize has other weights for the former and no form of the latter. Each works on one axis after the other, so
TensorFlow's answer for one column of pixels for each pixel is the matrix of its weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder


def rewrite_resampling(builder: Builder) -> None:
    """Replace ResizeBicubic or ResizeArea.

    Raises:
        ConversionError: The size of the images is open.
    """
    images, size = builder.node.input
    shape, wanted = builder.graph.get_shape(images), builder.read_constant(size)
    if shape is None or -1 in shape[1:3] or wanted is None:
        builder.refuse(
            "resizes images of any size, which ONNX does in another way",
            "Give keras.Input the height and width of the images, or choose interpolation='bilinear' or 'nearest'.",
        )
    rows, columns = (_read_weights(builder.node, shape[1 + axis], int(np.asarray(wanted)[axis])) for axis in (0, 1))
    planes = builder.add("Transpose", builder.cast(images, TensorProto.FLOAT), perm=[0, 3, 1, 2])
    wide = builder.add("MatMul", planes, builder.constant(np.ascontiguousarray(columns.T)))
    high = builder.add("MatMul", builder.constant(rows), wide)
    builder.answer(builder.add("Transpose", high, perm=[0, 2, 3, 1]))


def _read_weights(node: Any, size: int, wanted: int) -> Any:
    """Return the matrix that makes `wanted` pixels of `size`."""
    import tensorflow as tf

    flags = {name: bool(node.get_attr_value(name, 0)) for name in ("align_corners", "half_pixel_centers")}
    if node.type == "ResizeArea":
        del flags["half_pixel_centers"]
    with tf.Graph().as_default() as own:
        pixels = np.eye(size, dtype=np.float32)[None, :, :, None]  # an image whose columns are the pixels
        answer = getattr(tf.raw_ops, node.type)(images=pixels, size=np.array([wanted, size], np.int32), **flags)
        with tf.compat.v1.Session(graph=own) as session:
            return np.asarray(session.run(answer)[0, :, :, 0])
