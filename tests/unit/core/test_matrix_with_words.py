"""A matrix of Python objects with words in it: the error names the first column with words, and the way that works."""

import numpy as np
import pytest

from pilotlight.core.casting import check_castable
from pilotlight.core.errors import DataError
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.signature import TensorSpec


def test_words_in_a_matrix_of_numbers_are_named_by_their_column() -> None:
    matrix = np.array([[22.0, "male"], [38.0, "female"]], dtype=object)
    with pytest.raises(DataError, match=r"x_train: holds words in column 1 \('male'\), and features is FP32") as caught:
        check_castable(matrix, TensorSpec("features", FP32, (-1, 2)), "x_train")
    assert "as load_table does, and give each column an input" in str(caught.value)
