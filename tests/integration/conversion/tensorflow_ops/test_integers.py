import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow

LARGE = {
    np.int32: [0, 1, -1, 7, -7, 2**31 - 1, 2**31 - 2, -(2**31), -(2**31) + 1, 2**24, 2**24 + 1],
    np.int64: [0, 1, -1, 7, -7, 2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 2**53, 2**53 + 1],
}


def make_pairs(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Every number of LARGE with every other."""
    numbers = np.array(LARGE[dtype], dtype)
    return np.repeat(numbers, len(numbers))[None], np.tile(numbers, len(numbers))[None]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("name", ["less", "greater", "less_equal", "greater_equal", "equal"])
def test_integers_are_compared_to_their_last_digit(name: str, dtype: type) -> None:
    compare_with_tensorflow(getattr(tf, name), *make_pairs(dtype))


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("name", ["floordiv", "floormod"])
def test_division_of_integers_rounds_down(name: str, dtype: type) -> None:
    dividend, divisor = make_pairs(dtype)
    divisor = np.where(np.isin(divisor, [0, -1]), 3, divisor).astype(dtype)
    compare_with_tensorflow(getattr(tf.math, name), dividend, divisor, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_large_integers_are_sorted_to_their_last_digit(dtype: type) -> None:
    numbers = np.array([LARGE[dtype]], dtype)
    compare_with_tensorflow(lambda x: tf.sort(x, axis=1), numbers, rtol=0, atol=0)
    compare_with_tensorflow(lambda x: tf.math.top_k(x, 3), numbers, rtol=0, atol=0)


@pytest.mark.parametrize(("on", "off"), [(1.0, 0.0), (3, -1), (True, False)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_an_index_outside_of_one_hot_has_no_place(on: float, off: float, axis: int) -> None:
    indices = np.array([[[0, 7], [-1, 8], [3, -8]]], np.int32)
    compare_with_tensorflow(lambda x: tf.one_hot(x, 8, on, off, axis=axis), indices)


def test_the_bits_of_integers_are_read_as_another_type_of_their_size() -> None:
    compare_with_tensorflow(lambda x: tf.bitcast(x, tf.uint32), np.array([[0, 1, -1, -(2**31)]], np.int32))
