"""Functions of keras.ops.image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras

from benchmarks.tables.keras_case import Recipe, floats
from benchmarks.tables.keras_ops.making import make_fp32, per_call

O = keras.ops  # noqa: E741
I = keras.ops.image  # noqa: E741

_IMAGES: Final = floats(8, 9, 3, low=0.0, high=1.0)

RECIPES: Final[Mapping[str, Recipe]] = {
    **per_call(
        _IMAGES,
        image__affine_transform=lambda x: I.affine_transform(
            x, O.convert_to_tensor(make_fp32([1, 0.1, 1, -0.1, 1, 0.5, 0, 0]))[None] + 0 * x[:, 0, 0, :1]
        ),
        image__crop_images=lambda x: I.crop_images(x, 1, 1, target_height=4, target_width=5),
        image__elastic_transform=lambda x: I.elastic_transform(x, seed=3),
        image__extract_patches=lambda x: I.extract_patches(x, (3, 3), strides=2, padding="same"),
        image__extract_patches_3d=lambda x: I.extract_patches_3d(x[:, None], (1, 2, 2)),
        image__gaussian_blur=lambda x: I.gaussian_blur(x, (3, 3), (1.0, 1.0)),
        image__hsv_to_rgb=I.hsv_to_rgb,
        image__rgb_to_hsv=I.rgb_to_hsv,
        image__rgb_to_grayscale=I.rgb_to_grayscale,
        image__map_coordinates=lambda x: I.map_coordinates(
            x, O.stack(O.meshgrid(*(O.arange(n, dtype="float32") * 0.9 for n in (8, 8, 9, 3)), indexing="ij")), 1
        ),
        image__pad_images=lambda x: I.pad_images(x, 1, 1, target_height=12, target_width=14),
        image__perspective_transform=lambda x: I.perspective_transform(
            x,
            O.convert_to_tensor(make_fp32([[0, 0], [0, 8], [7, 0], [7, 8]]))[None] + 0 * x[:, :4, 0, :1],
            O.convert_to_tensor(make_fp32([[1, 0], [0, 7], [6, 1], [7, 8]]))[None] + 0 * x[:, :4, 0, :1],
        ),
        image__resize=lambda x: I.resize(x, (5, 13)),
        image__scale_and_translate=lambda x: I.scale_and_translate(
            x, (O.shape(x)[0], 5, 6, 3), O.array([0.7, 0.6]), O.array([0.2, 0.1]), (1, 2), "linear"
        ),
        image__sobel_edges=I.sobel_edges,
        image__ssim=lambda x: I.ssim(x, x * 0.9, 1.0, filter_size=5),
    ),
}
