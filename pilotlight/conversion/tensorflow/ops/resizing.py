"""Images of another size: the sizes that a rounded scale misses, and ScaleAndTranslate as products with its weights.

keras.ops.image.resize uses ScaleAndTranslate for lanczos3, lanczos5 and antialias=True.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import OLDEST_OPSET, Builder, Handler, NoForm
from pilotlight.conversion.tensorflow.ops.originals import call_original

_BY_WEIGHTS: Final = ("ResizeBicubic", "ResizeArea")
"""Methods whose weights differ from those of ONNX's Resize, but for growth by powers of two."""


def _resize(graph: Any, node: Any) -> None:
    """Resize by size where ONNX Runtime would round a scale down to one pixel less."""
    shape, size = graph.get_shape(node.input[0]), node.inputs[1]
    if graph.opset < OLDEST_OPSET or not shape or not size.is_const() or -1 in shape[1:3]:
        if node.type == "ResizeArea":
            raise NoForm("of images whose size is open")
        call_original(graph, node)
        return
    wanted, given = np.asarray(size.get_tensor_value(as_list=False)), np.asarray(shape[1:3])
    if node.type in _BY_WEIGHTS and not _is_simple(wanted, given):
        build = Builder(graph, node)
        rows, columns = (_read_resize_weights(node, int(given[axis]), int(wanted[axis])) for axis in (0, 1))
        build.finish(_resample(build, rows, columns))
        return
    if np.any(np.floor(given * (wanted / given).astype(np.float32).astype(np.float64)) != wanted):
        by_size = graph.make_node("Identity", [node.input[1]])
        graph.replace_input(node, node.input[1], by_size.output[0], 1)
    call_original(graph, node)


def _is_simple(wanted: NDArray[Any], given: NDArray[Any]) -> bool:
    """Return whether sizes grow by powers of two, where ONNX's Resize has the very weights."""
    factors = wanted // given
    return bool(np.all(wanted % given == 0) and np.all(factors & (factors - 1) == 0))


def _resample(build: Builder, rows: NDArray[Any], columns: NDArray[Any]) -> str:
    """Multiply images by the weights of both axes."""
    planes = build.add("Transpose", build.cast(build.inputs[0], TensorProto.FLOAT), perm=[0, 3, 1, 2])
    wide = build.add("MatMul", planes, np.ascontiguousarray(columns.T))
    high = build.add("MatMul", rows, wide)
    return build.add("Transpose", high, perm=[0, 2, 3, 1])


def rewrite_resampling(graph: Any, nodes: list[Any]) -> list[Any]:
    """Replace ScaleAndTranslate by two products, where all but the images is fixed.

    Args:
        graph: The graph of tf2onnx.
        nodes: Its nodes.

    Returns:
        The nodes of the graph.
    """
    for node in list(nodes):
        if node.type != "ScaleAndTranslate" or graph.opset < OLDEST_OPSET:
            continue
        shape = graph.get_shape(node.input[0])
        values = [_evaluate(graph, each) for each in node.inputs[1:]]
        if shape is None or -1 in shape[1:3] or any(value is None for value in values):
            continue
        build = Builder(graph, node)
        rows, columns = (
            _read_weights(node, shape[1 + axis], *(float(np.asarray(value)[axis]) for value in values))
            for axis in (0, 1)
        )
        build.finish(_resample(build, rows, columns))
    return list(graph.get_nodes())


def _read_weights(node: Any, size: int, wanted: float, scale: float, shift: float) -> NDArray[Any]:
    import tensorflow as tf

    return _read_matrix(
        size,
        lambda images: tf.raw_ops.ScaleAndTranslate(
            images=images,
            size=np.array([int(wanted), 1], np.int32),
            scale=np.array([scale, 1], np.float32),
            translation=np.array([shift, 0], np.float32),
            kernel_type=node.get_attr_str("kernel_type"),
            antialias=bool(node.get_attr_value("antialias", 1)),
        ),
    )


def _read_resize_weights(node: Any, size: int, wanted: int) -> NDArray[Any]:
    import tensorflow as tf

    options = {name: bool(node.get_attr_value(name, 0)) for name in ("align_corners", "half_pixel_centers")}
    if node.type == "ResizeArea":
        del options["half_pixel_centers"]
    resize = getattr(tf.raw_ops, node.type)
    return _read_matrix(size, lambda images: resize(images=images, size=[wanted, 1], **options))


def _read_matrix(size: int, resize: Callable[[NDArray[Any]], Any]) -> NDArray[Any]:
    """Let TensorFlow resize one column of pixels for each pixel: its answer is the matrix of the weights."""
    import tensorflow as tf

    with tf.Graph().as_default() as own:
        answer = resize(np.eye(size, dtype=np.float32)[None, :, None, :])
        with tf.compat.v1.Session(graph=own) as session:
            return np.asarray(session.run(answer)[0, :, 0, :])


def _evaluate(graph: Any, node: Any) -> NDArray[Any] | None:
    """Return the value of a node that depends only on fixed sizes; None where it does not."""
    if node.is_const():
        return np.asarray(node.get_tensor_value(as_list=False))
    if node.type == "Shape":
        return np.asarray(graph.get_shape(node.input[0])) if graph.get_shape(node.input[0]) is not None else None
    operands = [_evaluate(graph, each) for each in node.inputs]
    known = [each for each in operands if each is not None]
    if len(known) < len(operands) or node.type not in {"Cast", "RealDiv", "StridedSlice", "Identity"}:
        return None
    if node.type == "RealDiv":
        return np.asarray(known[0] / known[1])
    if node.type == "StridedSlice":
        part = known[0][int(np.ravel(known[1])[0]) : int(np.ravel(known[2])[0])]
        return part if np.all(part >= 0) else None
    return known[0]


_NAMES: Final = ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
HANDLERS: Final[Mapping[str, Handler]] = dict.fromkeys(_NAMES, _resize)
