"""Functions of keras.ops for matrices and signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras

from benchmarks.tables.keras_case import Recipe, floats, positive_definite
from benchmarks.tables.keras_ops.making import per_call

O = keras.ops  # noqa: E741

_WAVES: Final = floats(64)

RECIPES: Final[Mapping[str, Recipe]] = {
    **per_call(
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
    **per_call(
        _WAVES,
        fft=lambda x: O.fft((x, x * 0.5)),
        fft2=lambda x: O.fft2((O.reshape(x, (-1, 8, 8)), O.reshape(x * 0.5, (-1, 8, 8)))),
        ifft2=lambda x: O.ifft2((O.reshape(x, (-1, 8, 8)), O.reshape(x * 0.5, (-1, 8, 8)))),
        rfft=O.rfft,
        irfft=lambda x: O.irfft((x[:, :33], x[:, 31:])),
        stft=lambda x: O.stft(x, 16, 8, 16),
        istft=lambda x: O.istft(O.stft(x, 16, 8, 16), 16, 8, 16),
    ),
    **per_call(
        floats(4, 5, low=0.05, high=0.95),
        extract_sequences=lambda x: O.extract_sequences(x, 3, 1),
    ),
}
