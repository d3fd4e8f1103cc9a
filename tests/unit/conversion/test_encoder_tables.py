"""The tables of the encoders: a row for each category and one for unknown categories, as scikit-learn answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from pilotlight.conversion.sklearn.encoders import list_one_hot_tables, list_ordinal_tables, list_target_tables

WORDS = np.array([["a"]] * 6 + [["b"]] * 3 + [["c"]], dtype=object)
UNKNOWN = np.array([["?"]], dtype=object)


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3, sparse_output=False),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=2, drop="first", sparse_output=False),
        OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False),
        OneHotEncoder(handle_unknown="ignore", max_categories=2, sparse_output=False),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_one_hot_rows(encoder: Any) -> None:
    encoder.fit(WORDS)
    rows = [[[name]] for name in encoder.categories_[0]] + [UNKNOWN.tolist()]
    expected = np.vstack([encoder.transform(np.array(row, dtype=object)) for row in rows])
    np.testing.assert_array_equal(list_one_hot_tables(encoder)[0], expected)


def test_an_encoder_that_forbids_unknown_categories_has_no_row_for_them() -> None:
    assert len(list_one_hot_tables(OneHotEncoder().fit(WORDS))[0]) == 3
    assert list_ordinal_tables(OrdinalEncoder().fit(WORDS))[0].tolist() == [[0], [1], [2]]


def test_ordinal_rows_with_infrequent_and_missing_categories() -> None:
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2, max_categories=2
    )
    encoder.fit(np.vstack([WORDS, np.array([[np.nan]], dtype=object)]))
    assert list_ordinal_tables(encoder)[0].ravel().tolist() == [0, 1, 1, -2, -1]


@pytest.mark.parametrize("target", [[0, 1] * 5, [0, 1, 2, 1, 0] * 2, [0.5, 1.25] * 5])
def test_target_rows(target: list[float]) -> None:
    encoder = TargetEncoder(cv=2).fit(WORDS, target)
    rows = np.array([["a"], ["b"], ["c"], ["?"]], dtype=object)
    np.testing.assert_allclose(list_target_tables(encoder)[0], encoder.transform(rows))
