from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.traced_functions import compare_with_tensorflow, convert_function

DRAW = np.random.default_rng(1)
GENERAL = DRAW.normal(size=(5, 6, 6)).astype(np.float32)
DEFINITE = GENERAL @ GENERAL.transpose(0, 2, 1) + 2 * np.eye(6, dtype=np.float32)
TURNED = np.stack([np.eye(6, dtype=np.float32)[::-1], np.roll(np.eye(6, dtype=np.float32), 1, 0)])
SINGULAR = np.stack([np.zeros((6, 6), np.float32), np.ones((6, 6), np.float32), TURNED[0]])


def test_a_cholesky_factor() -> None:
    compare_with_tensorflow(tf.linalg.cholesky, DEFINITE)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_a_triangular_system(*, lower: bool, adjoint: bool) -> None:
    matrix = (np.tril(GENERAL) if lower else np.triu(GENERAL)) + 2 * np.eye(6, dtype=np.float32)
    compare_with_tensorflow(
        lambda a, b: tf.linalg.triangular_solve(a, b, lower=lower, adjoint=adjoint), matrix, GENERAL[:, :, :2]
    )


@pytest.mark.parametrize("matrix", [GENERAL, TURNED, GENERAL.astype(np.float64), GENERAL[:, :1, :1]])
@pytest.mark.parametrize("function", [tf.linalg.inv, tf.linalg.lu, tf.linalg.slogdet])
def test_pivots_are_found_as_tensorflow_does(function: Callable[..., Any], matrix: np.ndarray) -> None:
    compare_with_tensorflow(function, matrix, rtol=1e-3, atol=1e-4)


def test_a_system_and_its_adjoint() -> None:
    right = GENERAL[:, :, :2]
    compare_with_tensorflow(tf.linalg.solve, GENERAL, right, rtol=1e-3, atol=1e-4)
    compare_with_tensorflow(lambda a, b: tf.linalg.solve(a, b, adjoint=True), GENERAL, right, rtol=1e-3, atol=1e-4)


def test_the_determinant_of_a_singular_matrix_is_zero() -> None:
    compare_with_tensorflow(tf.linalg.slogdet, SINGULAR[[0, 2]])


@pytest.mark.parametrize("matrix", [GENERAL, GENERAL[:, :, :4], GENERAL[:, :4], GENERAL[:, :1, :1], SINGULAR[[0, 2]]])
@pytest.mark.parametrize("full", [True, False])
def test_orthogonal_factors_have_the_signs_of_tensorflow(*, matrix: np.ndarray, full: bool) -> None:
    compare_with_tensorflow(lambda x: tf.linalg.qr(x, full_matrices=full), matrix)


@pytest.mark.parametrize("k", [-2, 0, 1])
def test_a_matrix_of_a_diagonal(k: int) -> None:
    compare_with_tensorflow(lambda x: tf.linalg.diag(x, k=k, padding_value=3.0), GENERAL)
    compare_with_tensorflow(lambda x: tf.linalg.diag(x, k=k), GENERAL[:, 0])


def test_a_large_matrix_is_left_to_be_refused() -> None:
    _, graph = convert_function(tf.linalg.inv, np.zeros((1, 65, 65), np.float32))
    assert "MatrixInverse" in {node.op_type for node in graph.graph.node}


def test_a_cross_product() -> None:
    compare_with_tensorflow(tf.linalg.cross, GENERAL[:, :, :3], GENERAL[:, :, 3:])
