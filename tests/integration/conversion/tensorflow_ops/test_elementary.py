from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow

EDGES = np.array(
    [
        [
            np.nan,
            np.inf,
            -np.inf,
            0.0,
            -0.0,
            1,
            -1,
            0.5,
            -0.5,
            1e-6,
            -1e-6,
            1e-30,
            3e38,
            -3e38,
            88,
            -88,
            100,
            0.99999,
            1e7,
        ]
    ],
    np.float32,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["expm1", "log1p", "erfc", "erf", "erfinv", "bessel_i0"])
def test_an_elementary_function_answers_as_tensorflow_at_its_edges(name: str, dtype: type) -> None:
    numbers = EDGES.astype(dtype)
    if name == "erf" and dtype is np.float64:  # TensorFlow's own answer at infinity is NaN there, and 1 is right
        numbers = numbers[:, np.isfinite(numbers[0])]
    compare_with_tensorflow(getattr(tf.math, name), numbers)


def test_digits_near_zero_are_kept() -> None:
    tiny = np.array([[1e-4, -1e-5, 1e-6, 3e-7, 1e-12]], np.float32)
    compare_with_tensorflow(tf.math.expm1, tiny, rtol=1e-5, atol=0)
    compare_with_tensorflow(tf.math.log1p, tiny, rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", ["zeros_like", "ones_like"])
def test_a_constant_stays_one_where_the_input_is_nan_or_infinite(name: str) -> None:
    compare_with_tensorflow(getattr(tf, name), EDGES)


def test_the_branch_not_taken_may_be_nan() -> None:
    compare_with_tensorflow(lambda x: tf.where(x > 0, tf.math.log(x), 0.0), EDGES)
    compare_with_tensorflow(lambda x: tf.where(tf.math.is_finite(x), x, tf.ones_like(x)), EDGES)


@pytest.mark.parametrize("name", ["argmax", "argmin", "signbit"])
def test_the_sign_bit_of_a_zero_is_seen(name: str) -> None:
    import keras

    function = getattr(keras.ops, name)
    numbers = np.array([[0.0, -0.0, 1, -1, np.inf, -np.inf, 1e-30, -1e-30]], np.float32)
    compare_with_tensorflow(function if name == "signbit" else lambda x: function(x, axis=1), numbers)
    compare_with_tensorflow(function if name == "signbit" else lambda x: function(x, axis=1), numbers[:, 1::-1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_beside_another_is_exact(dtype: type) -> None:
    kind = np.finfo(dtype)
    borders = [kind.max, kind.min, kind.tiny * 2, kind.tiny / kind.eps, 1 - kind.eps / 2, 1 + kind.eps, 2.0, 3.0]
    sizes = 2.0 ** np.arange(kind.minexp + 1, kind.maxexp, 13, dtype=dtype)
    numbers: Any = np.concatenate([EDGES[0].astype(dtype), np.array(borders, dtype), sizes, -sizes, sizes * dtype(1.7)])
    given, target = (each.reshape(1, -1) for each in np.meshgrid(numbers, numbers[:24]))
    compare_with_tensorflow(tf.math.nextafter, given.astype(dtype), target.astype(dtype), rtol=0, atol=0)
