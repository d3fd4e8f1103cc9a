"""Functions of keras.ops that call another function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras

from benchmarks.tables.keras_case import Recipe, floats
from benchmarks.tables.keras_ops.making import per_call

O = keras.ops  # noqa: E741

_SHARES: Final = floats(4, 5, low=0.05, high=0.95)


def _while(given: Any) -> Any:
    return O.while_loop(lambda index, _: index < 3, lambda index, total: (index + 1, total * given), (0, given))[1]


def _double(given: Any) -> Any:
    return given * 2, lambda *_, upstream: upstream * 2


RECIPES: Final[Mapping[str, Recipe]] = {
    **per_call(
        _SHARES,
        associative_scan=lambda x: O.associative_scan(lambda a, b: a + b, x, axis=1),
        cond=lambda x: O.cond(O.max(x) > 2, lambda: x * 2, lambda: x * 3),
        custom_gradient=O.custom_gradient(_double),
        fori_loop=lambda x: O.fori_loop(0, 3, lambda _, total: total * x, x),
        map=lambda x: O.map(lambda row: row * 2, x),
        scan=lambda x: O.transpose(
            O.scan(lambda total, row: (total + row, total * row), x[:, 0] * 0, O.transpose(x, (1, 0, 2)))[1], (1, 0, 2)
        ),
        switch=lambda x: O.switch(O.convert_to_tensor(1), [lambda a: a * 2, lambda a: a * 3], x),
        vectorize=O.vectorize(lambda element: element * 2),
        vectorized_map=lambda x: O.vectorized_map(lambda row: O.sum(row * row, axis=0), x),
        while_loop=_while,
        jvp=lambda x: O.jvp(lambda a: a * a, (x,), (O.ones_like(x),))[1],
    ),
}
