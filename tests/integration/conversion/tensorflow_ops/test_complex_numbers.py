from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow, convert_function

SIGNAL = np.random.default_rng(1).normal(size=(5, 7, 6)).astype(np.float32)
Function = Callable[[Any], Any]


def make_complex(x: Any) -> Any:
    return tf.complex(x, x * 0.3 + 1)


def split(x: Any) -> Any:
    return tf.math.real(x), tf.math.imag(x)


ARITHMETIC: dict[str, Function] = {
    "product": lambda x: make_complex(x) * make_complex(x + 1),
    "product with a constant": lambda x: make_complex(x) * tf.constant(2 + 1j, tf.complex64),
    "quotient": lambda x: make_complex(x) / make_complex(x * 2 + 0.1),
    "difference": lambda x: make_complex(x)[:, 1:3] - make_complex(x)[:, :1],
    "conjugate": lambda x: tf.math.conj(make_complex(x)),
    "sum": lambda x: tf.reduce_sum(make_complex(x), axis=1),
    "other shape": lambda x: tf.transpose(tf.reshape(make_complex(x), [-1, 6, 7]), [0, 2, 1]),
    "of real numbers": lambda x: tf.cast(x, tf.complex64) * 1j,
}
TRANSFORMS: dict[str, Function] = {
    "fft": lambda x: tf.signal.fft(make_complex(x)),
    "ifft": lambda x: tf.signal.ifft(make_complex(x)),
    "fft2d": lambda x: tf.signal.fft2d(make_complex(x)),
    "ifft2d": lambda x: tf.signal.ifft2d(make_complex(x)),
    "rfft": tf.signal.rfft,
    "rfft of a cut signal": lambda x: tf.signal.rfft(x, [4]),
    "rfft of a longer signal": lambda x: tf.signal.rfft(x, [9]),
}


@pytest.mark.parametrize("name", [*ARITHMETIC, *TRANSFORMS])
def test_both_parts_answer_as_tensorflow(name: str) -> None:
    function = (ARITHMETIC | TRANSFORMS)[name]
    compare_with_tensorflow(lambda x: split(function(x)), SIGNAL)


@pytest.mark.parametrize("length", [None, 4, 9, 10])
def test_half_a_spectrum_becomes_a_signal(length: int | None) -> None:
    sizes = None if length is None else [length]
    compare_with_tensorflow(lambda x: tf.signal.irfft(make_complex(x), sizes), SIGNAL)


@pytest.mark.parametrize("function", [tf.abs, tf.math.angle])
def test_sizes_and_angles(function: Function) -> None:
    compare_with_tensorflow(lambda x: function(make_complex(x)), SIGNAL)
    compare_with_tensorflow(lambda x: tf.abs(tf.signal.rfft(x)), SIGNAL)


def test_a_long_transform_keeps_its_digits() -> None:
    signal = np.random.default_rng(2).normal(size=(2, 2048)).astype(np.float32)
    compare_with_tensorflow(lambda x: split(tf.signal.rfft(x)), signal, rtol=1e-4, atol=1e-4)


def test_another_function_of_complex_numbers_is_left_to_be_refused() -> None:
    _, graph = convert_function(lambda x: split(tf.exp(make_complex(x))), SIGNAL)
    assert any(node.op_type == "Exp (of complex numbers)" for node in graph.graph.node)
