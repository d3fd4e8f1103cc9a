"""Every function of keras.ops that computes tensors from tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras
import numpy as np

from benchmarks.tables.keras_case import (
    Function,
    Recipe,
    as_layer,
    booleans,
    floats,
    integers,
    positive_definite,
)
from pilotlight.core.artifacts import Array

O = keras.ops  # noqa: E741
I = keras.ops.image  # noqa: E741

LEFT_OUT: Final[dict[str, str]] = {
    "convert_to_numpy": "gives a NumPy array",
    "dtype": "gives a text",
    "is_tensor": "gives a Python value",
    "ndim": "gives a Python number",
    "shape": "gives a Python tuple",
    "image": "is a module, whose functions are rows",
    "linalg": "is a module, whose functions are rows",
    "nn": "is a module, whose functions are rows",
    "numpy": "is a module, whose functions are rows",
}
"""Public names that are no rows, and why."""

_VECTOR: Final = floats(6)
_MATRIX: Final = floats(4, 5)
_UNIT: Final = floats(6, low=-0.95, high=0.95)
_POSITIVE: Final = floats(6, low=0.1, high=4.0)
_PAIR: Final = floats(2, 6)
_NUMBERS: Final = integers(2, 6)
_HOLES: Final = np.where(floats(4, 5) > 1, np.float32("nan"), floats(4, 5)).astype(np.float32)
_SPECIAL: Final = np.tile(np.array([1.5, -2, 0, np.nan, np.inf, -np.inf], np.float32), (8, 1))
_IMAGES: Final = floats(8, 9, 3, low=0.0, high=1.0)
_WAVES: Final = floats(64)


def _unary(samples: Array, *names: str) -> dict[str, Recipe]:
    return {name: Recipe(as_layer(getattr(O, name)), samples) for name in names}


def _binary(samples: Array, *names: str) -> dict[str, Recipe]:
    def make(name: str) -> Function:
        return lambda given: getattr(O, name)(given[:, 0], given[:, 1])

    return {name: Recipe(as_layer(make(name)), samples) for name in names}


def _per_axis(samples: Array, *names: str, **options: Any) -> dict[str, Recipe]:
    def make(name: str) -> Function:
        return lambda given: getattr(O, name)(given, axis=1, **options)

    return {name: Recipe(as_layer(make(name)), samples) for name in names}


def _added(*calls: tuple[str, Callable[[], Any]]) -> dict[str, Recipe]:
    """Functions without tensors: what they make is added to the input, of four numbers."""

    def make(call: Callable[[], Any]) -> Function:
        return lambda given: given + O.cast(call(), "float32")

    return {name: Recipe(as_layer(make(call)), floats(4)) for name, call in calls}


def _all(samples: Array, **calls: Function) -> dict[str, Recipe]:
    return {name.replace("__", "."): Recipe(as_layer(call), samples) for name, call in calls.items()}


def _while(given: Any) -> Any:
    return O.while_loop(lambda index, total: index < 3, lambda index, total: (index + 1, total * given), (0, given))[1]


@keras.ops.custom_gradient
def _with_gradient(given: Any) -> Any:
    return given * 2, lambda *arguments, upstream: upstream


_RECIPES: Final[Mapping[str, Recipe]] = {
    # numpy: element by element
    **_unary(
        _VECTOR,
        *("abs absolute arctan arcsinh cbrt ceil cos cosh deg2rad exp exp2 expm1 fabs floor negative positive rad2deg").split()[:15],
        *("rad2deg reciprocal round sign signbit sin sinc sinh square tan tanh trunc i0 isreal copy").split(),
        *("erf erfc relu relu6 sigmoid silu swish softplus softsign elu selu celu gelu leaky_relu hard_sigmoid").split(),
        *("hard_silu hard_swish hard_tanh hard_shrink soft_shrink tanh_shrink log_sigmoid mish glu").split()[:7],
        *("glu sparse_plus sparse_sigmoid sparsemax squareplus softmax log_softmax threshold").split()[:7],
        *("zeros_like ones_like empty_like convert_to_tensor array identity stop_gradient").split()[:5],
        *("stop_gradient angle real imag conj conjugate nan_to_num normalize").split(),
    ),
    **_unary(_SPECIAL, "isfinite", "isinf", "isnan", "isneginf", "isposinf", "nan_to_num"),
    **_unary(_UNIT, "arccos", "arcsin", "arctanh", "erfinv"),
    **_unary(_POSITIVE + 1, "arccosh"),
    **_unary(_POSITIVE, "log", "log10", "log1p", "log2", "sqrt", "rsqrt"),
    **_unary(integers(6), "bitwise_invert", "bitwise_not"),
    **_unary(booleans(6), "logical_not"),
    **_binary(
        _PAIR,
        *("add subtract multiply maximum minimum arctan2 greater greater_equal less less_equal equal not_equal").split(),
        *("divide true_divide divide_no_nan floor_divide mod fmod fmax fmin hypot logaddexp logaddexp2").split(),
        *("heaviside nextafter isclose").split(),
    ),
    **_binary(floats(2, 6, low=0.2, high=3.0), "power"),
    **_binary(_NUMBERS, "bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm"),
    **_binary(integers(2, 6, low=0, high=8), "bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift"),
    **_binary(booleans(2, 6), "logical_and", "logical_or", "logical_xor"),
    **_all(
        _VECTOR,
        ldexp=lambda x: O.ldexp(x, O.cast(x * 3, "int32")),
        cast=lambda x: O.cast(x, "int32"),
        saturate_cast=lambda x: O.saturate_cast(x * 300, "uint8"),
        clip=lambda x: O.clip(x, -0.5, 0.7),
        threshold=lambda x: O.threshold(x, 0.3, 2.0),
        full_like=lambda x: O.full_like(x, 2.0),
        where=lambda x: O.where(x > 0, x, x * 3),
        select=lambda x: O.select([x > 1, x > 0], [x, x * 2], -1.0),
        nan_to_num=lambda x: O.nan_to_num(x),
        polar=lambda x: O.real(O.polar(O.abs(x), x)),
        real=lambda x: O.real(O.view_as_complex(O.reshape(x, (-1, 3, 2)))),
        imag=lambda x: O.imag(O.view_as_complex(O.reshape(x, (-1, 3, 2)))),
        conj=lambda x: O.imag(O.conj(O.view_as_complex(O.reshape(x, (-1, 3, 2))))),
        conjugate=lambda x: O.imag(O.conjugate(O.view_as_complex(O.reshape(x, (-1, 3, 2))))),
        angle=lambda x: O.angle(O.view_as_complex(O.reshape(x, (-1, 3, 2)))),
        view_as_complex=lambda x: O.real(O.view_as_complex(O.reshape(x, (-1, 3, 2)))),
        view_as_real=lambda x: O.view_as_real(O.view_as_complex(O.reshape(x, (-1, 3, 2)))),
        rearrange=lambda x: O.rearrange(x, "b (h w) -> b w h", h=2),
    ),
    # numpy: along an axis
    **_per_axis(
        _MATRIX,
        *("all any amax amin argmax argmin argsort average count_nonzero cumprod cumsum diff flip max mean median").split(),
        *("min prod ptp sort std sum var logsumexp normalize trapezoid expand_dims").split(),
    ),
    **_per_axis(
        _HOLES,
        *("nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar").split(),
    ),
    **_all(
        _MATRIX,
        moments=lambda x: O.moments(x, [1]),
        append=lambda x: O.append(x, x, axis=1),
        argpartition=lambda x: O.vectorized_map(lambda row: O.argpartition(row[0] * 1000, 2), x),
        array_split=lambda x: O.array_split(x, 3, axis=1),
        broadcast_to=lambda x: O.broadcast_to(x[:, None], (O.shape(x)[0], 3, 4, 5)),
        concatenate=lambda x: O.concatenate([x, x], axis=1),
        corrcoef=lambda x: O.vectorized_map(O.corrcoef, x),
        correlate=lambda x: O.vectorized_map(lambda row: O.correlate(row[0], row[1], mode="same"), x),
        cross=lambda x: O.cross(x[:, :, :3], x[:, :, 2:]),
        diag=lambda x: O.vectorized_map(lambda row: O.diag(row), x),
        diagflat=lambda x: O.vectorized_map(O.diagflat, x),
        diagonal=lambda x: O.diagonal(x, offset=1, axis1=1, axis2=2),
        digitize=lambda x: O.digitize(x, [-1.0, 0.0, 0.5]),
        dot=lambda x: O.dot(x, O.convert_to_tensor(floats(3)[:5])),
        dstack=lambda x: O.dstack([x, x]),
        dsplit=lambda x: O.dsplit(x, [2]),
        hsplit=lambda x: O.hsplit(x, 2),
        vsplit=lambda x: O.vsplit(O.transpose(x, (1, 0, 2)), 2)[0][0],
        hstack=lambda x: O.hstack([x, x]),
        vstack=lambda x: O.transpose(O.vstack([O.transpose(x, (1, 0, 2))] * 2), (1, 0, 2)),
        einsum=lambda x: O.einsum("bij,bkj->bik", x, x),
        fliplr=O.fliplr,
        flipud=lambda x: O.transpose(O.flipud(O.transpose(x, (1, 0, 2))), (1, 0, 2)),
        get_item=lambda x: O.get_item(x, (slice(None), 1)),
        histogram=lambda x: O.cast(O.histogram(O.ravel(x), 5, range=(-1.0, 1.0))[0], "float32") + 0 * x,
        inner=lambda x: O.inner(x, O.convert_to_tensor(_MATRIX[0])),
        isin=lambda x: O.isin(O.round(x), [0.0, 1.0]),
        kron=lambda x: O.kron(x, O.ones((1, 2, 2)) * 3),
        matmul=lambda x: O.matmul(x, O.transpose(x, (0, 2, 1))),
        meshgrid=lambda x: O.vectorized_map(lambda row: O.meshgrid(row[0], row[1])[0], x),
        moveaxis=lambda x: O.moveaxis(x, 1, 2),
        nanpercentile=lambda x: O.nanpercentile(x, 30, axis=1),
        nanquantile=lambda x: O.nanquantile(x, 0.3, axis=1),
        nonzero=lambda x: O.vectorized_map(lambda row: O.stack(O.nonzero(row), axis=0), x),
        outer=lambda x: O.vectorized_map(lambda row: O.outer(row[0], row[1]), x),
        pad=lambda x: O.pad(x, ((0, 0), (1, 2), (0, 1)), mode="reflect"),
        percentile=lambda x: O.percentile(x, 30, axis=1),
        quantile=lambda x: O.quantile(x, 0.3, axis=1),
        ravel=lambda x: O.reshape(O.ravel(x), (-1, 4, 5)),
        repeat=lambda x: O.repeat(x, 2, axis=1),
        reshape=lambda x: O.reshape(x, (-1, 10, 2)),
        roll=lambda x: O.roll(x, 2, axis=1),
        rot90=lambda x: O.rot90(x, axes=(1, 2)),
        searchsorted=lambda x: O.reshape(
            O.searchsorted(O.convert_to_tensor(np.float32([-1, 0, 1])), O.reshape(x, (-1,))), (-1, 20)
        ),
        size=lambda x: x * O.cast(O.size(x[0]), "float32"),
        slice=lambda x: O.slice(x, (0, 1, 1), (O.shape(x)[0], 2, 3)),
        slice_update=lambda x: O.slice_update(x, (0, 1, 1), x[:, :2, :3] * 2),
        split=lambda x: O.split(x, 2, axis=1),
        squeeze=lambda x: O.squeeze(x[:, :1], axis=1),
        stack=lambda x: O.stack([x, x], axis=2),
        swapaxes=lambda x: O.swapaxes(x, 1, 2),
        take=lambda x: O.take(x, [0, 3, 1], axis=2),
        take_along_axis=lambda x: O.take_along_axis(x, O.argsort(x, axis=2), axis=2),
        tensordot=lambda x: O.tensordot(x, O.convert_to_tensor(floats(3)[:5]), axes=1),
        tile=lambda x: O.tile(x, (1, 2, 1)),
        trace=lambda x: O.trace(x, axis1=1, axis2=2),
        transpose=lambda x: O.transpose(x, (0, 2, 1)),
        tril=lambda x: O.tril(x, 1),
        triu=lambda x: O.triu(x, -1),
        unstack=lambda x: O.unstack(x, axis=1),
        vander=lambda x: O.vectorized_map(lambda row: O.vander(row[0], 3), x),
        vdot=lambda x: O.vectorized_map(lambda row: O.vdot(row[0], row[1]), x),
        vectorize=lambda x: O.vectorize(lambda element: element * 2)(x),
        unravel_index=lambda x: O.stack(O.unravel_index(O.argmax(O.reshape(x, (-1, 20)), axis=1), (4, 5)), axis=1),
        allclose=lambda x: O.cast(O.allclose(x, x), "float32") * x,
        psnr=lambda x: x * O.psnr(O.convert_to_tensor(_MATRIX[0]), O.convert_to_tensor(_MATRIX[1]), 1.0),
    ),
    "view": Recipe(
        as_layer(lambda x: O.view(x, "uint32")),
        integers(6),
        "Between integers of one size. The bits of other numbers are refused.",
    ),
    "bincount": Recipe(as_layer(lambda x: O.bincount(x, minlength=9)), integers(6, low=0)),
    "unique": Recipe(as_layer(lambda x: O.unique(O.ravel(x), size=6) + 0 * x), integers(6)),
    # numpy: without tensors
    **_added(
        ("arange", lambda: O.arange(4)),
        ("array", lambda: O.array([1.0, 2, 3, 4])),
        ("blackman", lambda: O.blackman(4)),
        ("hamming", lambda: O.hamming(4)),
        ("hanning", lambda: O.hanning(4)),
        ("kaiser", lambda: O.kaiser(4, 3.0)),
        ("empty", lambda: O.empty((4,)) * 0),
        ("eye", lambda: O.eye(4)[1]),
        ("identity", lambda: O.identity(4)[1]),
        ("full", lambda: O.full((4,), 2.0)),
        ("geomspace", lambda: O.geomspace(1.0, 9.0, 4)),
        ("linspace", lambda: O.linspace(1.0, 9.0, 4)),
        ("logspace", lambda: O.logspace(0.0, 1.0, 4)),
        ("ones", lambda: O.ones((4,))),
        ("tri", lambda: O.tri(4)[2]),
        ("zeros", lambda: O.zeros((4,))),
    ),
    # nn
    **_all(
        _IMAGES,
        average_pool=lambda x: O.average_pool(x, 2, 2, "same"),
        max_pool=lambda x: O.max_pool(x, 2, 2, "same"),
        adaptive_average_pool=lambda x: O.adaptive_average_pool(x, 3),
        adaptive_max_pool=lambda x: O.adaptive_max_pool(x, 3),
        batch_normalization=lambda x: O.batch_normalization(x, np.float32([0.1, 0.2, 0.3]), np.float32([1, 2, 3]), -1),
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
        image__affine_transform=lambda x: I.affine_transform(
            x, O.convert_to_tensor(np.float32([1, 0.1, 1, -0.1, 1, 0.5, 0, 0]))[None] + 0 * x[:, 0, 0, :1]
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
            O.convert_to_tensor(np.float32([[0, 0], [0, 8], [7, 0], [7, 8]]))[None] + 0 * x[:, :4, 0, :1],
            O.convert_to_tensor(np.float32([[1, 0], [0, 7], [6, 1], [7, 8]]))[None] + 0 * x[:, :4, 0, :1],
        ),
        image__resize=lambda x: I.resize(x, (5, 13)),
        image__scale_and_translate=lambda x: I.scale_and_translate(
            x, (O.shape(x)[0], 5, 6, 3), O.array([0.7, 0.6]), O.array([0.2, 0.1]), (1, 2), "linear"
        ),
        image__sobel_edges=I.sobel_edges,
        image__ssim=lambda x: I.ssim(x, x * 0.9, 1.0, filter_size=5),
    ),
    **_all(
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
        segment_sum=lambda x: _per_sample(O.segment_sum)(x),
        segment_max=lambda x: _per_sample(O.segment_max)(x),
        segment_min=lambda x: _per_sample(O.segment_min)(x),
        segment_prod=lambda x: _per_sample(O.segment_prod)(x),
        scatter=lambda x: O.scatter(
            O.stack([O.arange(O.shape(x)[0]), O.arange(O.shape(x)[0]) * 0 + 1], 1), x[:, 0], (O.shape(x)[0], 3, 5)
        ),
        scatter_update=lambda x: O.transpose(
            O.scatter_update(O.transpose(x, (1, 0, 2)), [[1], [3]], O.transpose(x, (1, 0, 2))[:2] * 2), (1, 0, 2)
        ),
        associative_scan=lambda x: O.associative_scan(lambda a, b: a + b, x, axis=1),
        cond=lambda x: O.cond(O.max(x) > 2, lambda: x * 2, lambda: x * 3),
        custom_gradient=_with_gradient,
        fori_loop=lambda x: O.fori_loop(0, 3, lambda index, total: total * x, x),
        map=lambda x: O.map(lambda row: row * 2, x),
        scan=lambda x: O.transpose(
            O.scan(lambda total, row: (total + row, total * row), x[:, 0] * 0, O.transpose(x, (1, 0, 2)))[1], (1, 0, 2)
        ),
        switch=lambda x: O.switch(O.convert_to_tensor(1), [lambda a: a * 2, lambda a: a * 3], x),
        vectorized_map=lambda x: O.vectorized_map(lambda row: O.sum(row * row, axis=0), x),
        while_loop=_while,
        jvp=lambda x: O.jvp(lambda a: a * a, (x,), (O.ones_like(x),))[1],
        extract_sequences=lambda x: O.extract_sequences(x, 3, 1),
    ),
    # linalg
    **_all(
        positive_definite(3),
        cholesky=O.cholesky,
        cholesky_inverse=lambda x: O.cholesky_inverse(O.tril(x)),
        det=O.det,
        eig=lambda x: O.real(O.eig(x)[0]),
        eigh=lambda x: O.eigh(x)[0],
        inv=O.inv,
        logdet=O.logdet,
        lstsq=lambda x: O.vectorized_map(lambda row: O.lstsq(row, row[:, 0]), x),
        lu_factor=lambda x: O.vectorized_map(lambda row: O.lu_factor(row)[0], x),
        matrix_rank=O.matrix_rank,
        norm=lambda x: O.norm(x, axis=(1, 2)),
        pinv=O.pinv,
        qr=O.qr,
        slogdet=O.slogdet,
        solve=lambda x: O.solve(x, x[:, :, :1]),
        solve_triangular=lambda x: O.solve_triangular(O.tril(x), x[:, :, :1], lower=True),
        svd=lambda x: O.svd(x, compute_uv=False),
    ),
    # signals
    **_all(
        _WAVES,
        fft=lambda x: O.fft((x, x * 0.5)),
        fft2=lambda x: O.fft2((O.reshape(x, (-1, 8, 8)), O.reshape(x * 0.5, (-1, 8, 8)))),
        ifft2=lambda x: O.ifft2((O.reshape(x, (-1, 8, 8)), O.reshape(x * 0.5, (-1, 8, 8)))),
        rfft=O.rfft,
        irfft=lambda x: O.irfft((x[:, :33], x[:, 31:])),
        stft=lambda x: O.stft(x, 16, 8, 16),
        istft=lambda x: O.istft(O.stft(x, 16, 8, 16), 16, 8, 16),
    ),
}

_FIXED: Final = (
    *("fold", "gcd", "histogram", "image.elastic_transform", "image.map_coordinates", "lcm"),
    *("unfold", "unique"),
)
"""Keras cannot trace them with an open batch, or their answer depends on the whole batch."""
_UNTRACEABLE: Final = {
    **dict.fromkeys(("bartlett", "corrcoef", "isin"), "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed"),
    **dict.fromkeys(
        ("nanmedian", "nanpercentile", "nanquantile"), "Dimension value must be integer or None or have an __index__"
    ),
    "associative_scan": "as_list() is not defined on an unknown TensorShape",
    "vectorize": "Not supported with `vectorize()` with the TensorFlow backend",
    "kron": "'SymbolicTensor' object cannot be interpreted as an integer",
}
"""What Keras says of functions that it cannot trace on TensorFlow in any model."""
RECIPES: Final[Mapping[str, Recipe]] = {
    name: recipe._replace(fixed=name in _FIXED, untraceable=_UNTRACEABLE.get(name, ""))
    for name, recipe in {**_RECIPES, **_added(("bartlett", lambda: O.bartlett(4)))}.items()
}


def _per_sample(function: Callable[..., Any]) -> Function:
    """A function of rows and their segments, applied to each sample."""
    segments = np.int32([0, 0, 1, 2])
    return lambda x: O.transpose(function(O.transpose(x, (1, 0, 2)), segments, num_segments=3), (1, 0, 2))


def list_names() -> list[str]:
    """Return the public names that are rows."""
    public = [name for name in dir(O) if not name.startswith("_") and name not in LEFT_OUT]
    return public + [f"image.{name}" for name in dir(I) if not name.startswith("_")]
