"""Functions of keras.ops for layers and losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras

from benchmarks.tables.keras_case import Function, Recipe, floats
from benchmarks.tables.keras_ops.making import make_fp32, make_int32, per_call

O = keras.ops  # noqa: E741

_IMAGES: Final = floats(8, 9, 3, low=0.0, high=1.0)


def _per_sample(function: Callable[..., Any]) -> Function:
    """A function of rows and their segments, applied to each sample."""
    segments = make_int32([0, 0, 1, 2])
    return lambda x: O.transpose(function(O.transpose(x, (1, 0, 2)), segments, num_segments=3), (1, 0, 2))


RECIPES: Final[Mapping[str, Recipe]] = {
    **per_call(
        _IMAGES,
        average_pool=lambda x: O.average_pool(x, 2, 2, "same"),
        max_pool=lambda x: O.max_pool(x, 2, 2, "same"),
        adaptive_average_pool=lambda x: O.adaptive_average_pool(x, 3),
        adaptive_max_pool=lambda x: O.adaptive_max_pool(x, 3),
        batch_normalization=lambda x: O.batch_normalization(x, make_fp32([0.1, 0.2, 0.3]), make_fp32([1, 2, 3]), -1),
        conv=lambda x: O.conv(x, floats(3, 3, 3)[:4].transpose(1, 2, 3, 0), 1, "same"),
        conv_transpose=lambda x: O.conv_transpose(x, floats(3, 3, 3)[:4].transpose(1, 2, 0, 3), 2, "same"),
        depthwise_conv=lambda x: O.depthwise_conv(x, floats(3, 3)[:3].transpose(1, 2, 0)[..., None], 1, "same"),
        separable_conv=lambda x: O.separable_conv(
            x, floats(3, 3)[:3].transpose(1, 2, 0)[..., None], floats(4)[None, None, :3]
        ),
        depth_to_space=lambda x: O.depth_to_space(O.concatenate([x] * 4, -1), 2),
        space_to_depth=lambda x: O.space_to_depth(x[:, :, :8], 2),
        layer_normalization=lambda x: O.layer_normalization(x, [1.0, 2, 3], [0.1, 0, 0]),
        rms_normalization=lambda x: O.rms_normalization(x, [1.0, 2, 3]),
        dot_product_attention=lambda x: O.dot_product_attention(x, x, x),
        fold=lambda x: O.fold(O.unfold(O.transpose(x, (0, 3, 1, 2)), 2, stride=1), (8, 9), 2, stride=1),
        unfold=lambda x: O.unfold(O.transpose(x, (0, 3, 1, 2)), 3),
    ),
    **per_call(
        floats(4, 5, low=0.05, high=0.95),
        binary_crossentropy=lambda x: O.binary_crossentropy(O.round(x), x),
        categorical_crossentropy=lambda x: O.categorical_crossentropy(O.one_hot(O.argmax(x, axis=-1), 5), x),
        sparse_categorical_crossentropy=lambda x: O.sparse_categorical_crossentropy(O.argmax(x, axis=-1), x),
        ctc_loss=lambda x: O.ctc_loss(
            O.cast(x[:, :2, 0] * 3, "int32") + 1,
            x,
            O.cast(x[:, 0, 0] * 0, "int32") + 2,
            O.cast(x[:, 0, 0] * 0, "int32") + 4,
        ),
        ctc_decode=lambda x: O.ctc_decode(x, O.cast(x[:, 0, 0] * 0, "int32") + 4)[0][0],
        multi_hot=lambda x: O.multi_hot(O.cast(x * 4, "int32"), 5),
        one_hot=lambda x: O.one_hot(O.cast(x * 4, "int32"), 5),
        in_top_k=lambda x: O.in_top_k(O.argmax(x[:, 0], axis=-1), x[:, 1], 2),
        top_k=lambda x: O.top_k(x, 2),
        cdist=lambda x: O.cdist(x, x[:, :2]),
        segment_sum=_per_sample(O.segment_sum),
        segment_max=_per_sample(O.segment_max),
        segment_min=_per_sample(O.segment_min),
        segment_prod=_per_sample(O.segment_prod),
        scatter=lambda x: O.scatter(
            O.stack([O.arange(O.shape(x)[0]), O.arange(O.shape(x)[0]) * 0 + 1], 1), x[:, 0], (O.shape(x)[0], 3, 5)
        ),
        scatter_update=lambda x: O.transpose(
            O.scatter_update(O.transpose(x, (1, 0, 2)), [[1], [3]], O.transpose(x, (1, 0, 2))[:2] * 2), (1, 0, 2)
        ),
    ),
}
