import keras
import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow

SAMPLES = np.random.default_rng(1).normal(size=(5, 7, 6)).astype(np.float32)
EDGES = np.array([[np.nan, np.inf, -np.inf, -1, 0, -0.0, 0.5, 2]], np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_the_bucket_of_a_number(dtype: type) -> None:
    numbers = EDGES if dtype in (np.float32, np.float64) else np.array([[-(2**31), -1, 0, 1, 2**31 - 1]])
    compare_with_tensorflow(lambda x: keras.ops.digitize(x, [-1.0, 0.0, 0.5]), numbers.astype(dtype))


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_place_in_a_sorted_sequence(side: str) -> None:
    borders = np.array([-1, 0, 0, 1], np.float32)
    numbers = EDGES[:, 1:]

    def search(x: tf.Tensor) -> tf.Tensor:
        return tf.reshape(tf.searchsorted(borders, tf.reshape(x, [-1]), side=side), tf.shape(x))

    compare_with_tensorflow(search, numbers, empty=False)


def test_values_that_meet_at_one_place_are_added() -> None:
    indices = np.array([[0], [2], [0], [1], [2], [2], [0]])
    compare_with_tensorflow(
        lambda x: tf.transpose(tf.scatter_nd(indices, tf.transpose(x, [1, 0, 2]), [3, tf.shape(x)[0], 6]), [1, 0, 2]),
        SAMPLES,
        empty=False,  # TensorFlow scatters nothing into no samples
    )


@pytest.mark.parametrize("start", [0, 2, 5, 99, -3])
def test_an_updated_slice_is_moved_to_fit_inside(start: int) -> None:
    compare_with_tensorflow(lambda x: keras.ops.slice_update(x, (0, start, 1), x[:, :3, :2] * 2), SAMPLES)


def test_whether_a_target_is_among_the_largest() -> None:
    targets = np.array([0, 5, 6, -1, 2], np.int32)
    scores = SAMPLES[:, 0].copy()
    scores[0, 3] = np.inf
    compare_with_tensorflow(lambda t, x: tf.math.in_top_k(t, x, 2), targets, scores)


def test_the_shape_of_two_operands() -> None:
    compare_with_tensorflow(
        lambda x: tf.broadcast_to(x[:, :1], tf.broadcast_dynamic_shape(tf.shape(x), [7, 1])), SAMPLES
    )


def test_an_empty_tensor_has_a_shape_that_is_computed() -> None:
    def fill(x: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.Empty(shape=tf.shape(x), dtype=tf.float32, init=True) + x

    compare_with_tensorflow(fill, SAMPLES)


@pytest.mark.parametrize("blank", [0, 2, -1])
def test_greedy_decoding_with_any_blank_class(blank: int) -> None:
    def decode(x: tf.Tensor) -> tf.Tensor:
        lengths = tf.fill([tf.shape(x)[0]], 7)
        return keras.ops.ctc_decode(x, lengths, mask_index=blank)[0][0]

    compare_with_tensorflow(decode, SAMPLES, empty=False)
