"""Functions of keras.ops that arrange, sort, sum or make arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np

from benchmarks.tables.keras_case import Recipe, as_layer, floats, integers
from benchmarks.tables.keras_ops.making import make_fp32, per_axis, per_call, per_constant

O = keras.ops  # noqa: E741


def _punch(numbers: Any) -> Any:
    """Replace numbers above one by NaN."""
    return np.where(numbers > 1, np.float32("nan"), numbers).astype(np.float32)


_MATRIX: Final = floats(4, 5)
_HOLES: Final = _punch(floats(4, 5))
_ALONG_AXIS: Final = (
    "all",
    "any",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "argsort",
    "average",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "diff",
    "flip",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "ptp",
    "sort",
    "std",
    "sum",
    "var",
    "logsumexp",
    "normalize",
    "trapezoid",
    "expand_dims",
)
_WITH_HOLES: Final = (
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
)


class Windowed(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Multiplies by a window that it makes once."""

    def __init__(self) -> None:
        super().__init__(name="windowed")
        self.window = O.bartlett(4)

    def call(self, given: Any) -> Any:
        return given * self.window


def _multiply_by_window(given: Any) -> Any:
    return Windowed()(given)


RECIPES: Final[Mapping[str, Recipe]] = {
    **per_axis(_MATRIX, *_ALONG_AXIS),
    **per_axis(_HOLES, *_WITH_HOLES),
    **per_call(
        _HOLES,
        nanmedian=lambda x: O.map(O.nanmedian, x),
        nanpercentile=lambda x: O.map(lambda sample: O.nanpercentile(sample, 30), x),
        nanquantile=lambda x: O.map(lambda sample: O.nanquantile(sample, 0.3), x),
    ),
    **per_call(
        _MATRIX,
        moments=lambda x: O.moments(x, [1]),
        append=lambda x: O.append(x, x, axis=1),
        argpartition=lambda x: O.cast(O.argpartition(x[0, 0] * 1000, 2), "float32") + 0 * x,
        array_split=lambda x: O.array_split(x, 3, axis=1),
        broadcast_to=lambda x: O.broadcast_to(x[:, None], (O.shape(x)[0], 3, 4, 5)),
        concatenate=lambda x: O.concatenate([x, x], axis=1),
        corrcoef=lambda x: O.vectorized_map(O.corrcoef, x),
        correlate=lambda x: O.vectorized_map(lambda row: O.correlate(row[0], row[1], mode="same"), x),
        cross=lambda x: O.cross(x[:, :, :3], x[:, :, 2:]),
        diag=lambda x: O.vectorized_map(O.diag, x),
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
            O.searchsorted(O.convert_to_tensor(make_fp32([-1, 0, 1])), O.reshape(x, (-1,))), (-1, 20)
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
        unravel_index=lambda x: O.stack(O.unravel_index(O.argmax(O.reshape(x, (-1, 20)), axis=1), (4, 5)), axis=1),
        allclose=lambda x: O.cast(O.allclose(x, x), "float32") * x,
        psnr=lambda x: x * O.psnr(O.convert_to_tensor(_MATRIX[0]), O.convert_to_tensor(_MATRIX[1]), 1.0),
    ),
    "view": Recipe(as_layer(lambda x: O.view(x, "uint32")), integers(6)),
    "bartlett": Recipe(_multiply_by_window, floats(4)),
    "bincount": Recipe(as_layer(lambda x: O.bincount(x, minlength=9)), integers(6, low=0)),
    "unique": Recipe(as_layer(lambda x: O.unique(O.ravel(x), size=6) + 0 * x), integers(6)),
    **per_constant(
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
}
