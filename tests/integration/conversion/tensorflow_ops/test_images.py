import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow, convert_function

DRAW = np.random.default_rng(2)
IMAGES = DRAW.normal(size=(4, 8, 9, 2)).astype(np.float32)
COLOURS = DRAW.uniform(size=(3, 4, 5, 3)).astype(np.float32)
COLOURS[0, 0, :3] = [[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 0]]
TRANSFORMS = DRAW.normal(size=(4, 8)) * [0.3, 0.3, 3, 0.3, 0.3, 3, 0.01, 0.01] + [1, 0, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("size", [(5, 13), (3, 4), (20, 9)])
@pytest.mark.parametrize(
    ("method", "antialias"),
    [
        *[(method, False) for method in ("bilinear", "nearest", "bicubic", "area", "lanczos3")],
        *[(method, True) for method in ("bilinear", "bicubic", "lanczos5", "gaussian", "mitchellcubic")],
    ],
)
def test_an_image_of_another_size(*, method: str, antialias: bool, size: tuple[int, int]) -> None:
    compare_with_tensorflow(lambda x: tf.image.resize(x, size, method=method, antialias=antialias), IMAGES)


@pytest.mark.parametrize("fill_mode", ["CONSTANT", "REFLECT", "WRAP", "NEAREST"])
@pytest.mark.parametrize("interpolation", ["NEAREST", "BILINEAR"])
def test_a_projected_image(fill_mode: str, interpolation: str) -> None:
    options = {"fill_value": 0.5, "interpolation": interpolation, "fill_mode": fill_mode}
    transforms = TRANSFORMS.astype(np.float32)

    def project(images: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        size = tf.shape(images)[1:3]
        return tf.raw_ops.ImageProjectiveTransformV3(images=images, transforms=each, output_shape=size, **options)

    def project_all(images: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images, transforms=transforms[:1], output_shape=[5, 6], **options
        )

    compare_with_tensorflow(project, IMAGES, transforms)
    compare_with_tensorflow(project_all, IMAGES)


def test_colours() -> None:
    compare_with_tensorflow(tf.image.rgb_to_hsv, COLOURS)
    compare_with_tensorflow(tf.image.hsv_to_rgb, COLOURS)


def test_an_area_of_open_size_is_left_to_be_refused() -> None:
    _, graph = convert_function(lambda x, n: tf.image.resize(x, tf.shape(n)[:2], method="area"), IMAGES, IMAGES)
    assert "ResizeArea" in {node.op_type for node in graph.graph.node}
