from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pilotlight.core.errors import DataError
from pilotlight.core.samples import count_samples, list_arrays, name_samples, take_samples

A, B = np.zeros((4, 8)), np.ones((4, 2))


def test_one_array_takes_the_only_name_and_is_not_copied() -> None:
    assert name_samples(A, ["x"], "x_train")["x"] is A
    assert list_arrays(A, "x_train") == {"x_train": A}
    assert name_samples([[1, 2], [3, 4]], ["x"], "x_train")["x"].tolist() == [[1, 2], [3, 4]]


def test_a_mapping_gives_its_arrays_in_the_order_that_is_wanted() -> None:
    named = name_samples({"b": B, "a": A}, ["a", "b"], "x_train")
    assert list(named) == ["a", "b"]
    assert named["a"] is A
    assert list(list_arrays({"b": B}, "x_train")) == ["x_train['b']"]
    assert count_samples({"a": A, "b": B}) == count_samples(A) == 4


@pytest.mark.parametrize("index", [slice(1, 3), np.array([1, 2])])
def test_some_samples_are_of_the_same_kind(index: Any) -> None:
    taken = take_samples({"a": A, "b": B}, index)
    assert {name: array.shape for name, array in taken.items()} == {"a": (2, 8), "b": (2, 2)}
    assert take_samples(A, index).shape == (2, 8)


RAGGED = np.empty(2, object)
RAGGED[:] = [[1, 2], [3]]


@pytest.mark.parametrize(
    ("samples", "names", "message"),
    [
        (A, ["a", "b"], 'x_train: is one array, and .* names a, b. Give a dict of arrays by name: {"a": …, "b": …}'),
        ([A, B], ["a", "b"], "x_train: is a list of 2 arrays, and .* names a, b. Give a dict"),
        ([A, B], ["a"], r"x_train: is a list of 2 arrays of shapes \[4, 8\] and \[4, 2\]. Give several"),
        ({"a": A, "b": B[:3]}, ["a", "b"], r"x_train\['b'\]: has 3 samples, and x_train\['a'\] has 4"),
        ({"a": A, "c": B}, ["a", "b"], "x_train: lacks b and has c, which .* does not name"),
        ({"a": A, "b": B, "c": B}, ["a", "b"], "x_train: has c, which .* does not name"),
        ({"a": A}, ["a", "b"], "x_train: lacks b"),
        ([[1, 2], [3]], ["a"], "x_train: has rows of different lengths. Pad or cut"),
        (RAGGED, ["a"], "x_train: has rows of different lengths"),
        ({"a": RAGGED}, ["a"], r"x_train\['a'\]: has rows of different lengths"),
        ({}, ["a"], "x_train: holds no array"),
        (csr_matrix(A), ["a"], r"x_train: is a csr_matrix, not an array. Give the array of its .toarray\(\)"),
        ({"a": {"b": A}}, ["a"], r"x_train\['a'\]: is a dict, not an array"),
        (None, ["a"], "x_train: is None, not an array"),
        (5, ["a"], "x_train: is a int, not an array"),
        (np.float32(5), ["a"], "x_train: is a float32, not an array"),
        (np.array(5), ["a"], r"x_train: has shape \[\], so it holds no samples"),
    ],
)  # fmt: skip
def test_samples_that_do_not_fit_their_names(samples: Any, names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        name_samples(samples, names, "x_train")


@pytest.fixture(params=["pandas", "polars"])
def frame(request: pytest.FixtureRequest) -> Any:
    library = pytest.importorskip(request.param, reason="the extra `tables` is not installed")
    return library.DataFrame({"age": [1.0, None, 3], "name": ["a", None, "c"], "n": [1, 2, 3]})


def test_a_frame_gives_its_columns_with_blanks_as_an_endpoint_gets_them(frame: Any) -> None:
    named = name_samples(frame, ["name", "age", "n"], "x_train")
    assert list(named) == ["name", "age", "n"]
    assert (named["name"].dtype, named["name"].tolist()) == (np.dtype(object), ["a", "", "c"])
    np.testing.assert_array_equal(named["age"], [1.0, np.nan, 3.0])
    assert (named["n"].dtype, named["n"].tolist()) == (np.dtype(np.int64), [1, 2, 3])
    assert count_samples(frame) == 3


def test_rows_of_a_frame_are_a_frame(frame: Any) -> None:
    for index in (slice(0, 2), np.array([0, 2])):
        taken = take_samples(frame, index)
        assert type(taken) is type(frame)
        assert (len(taken), list(taken.columns)) == (2, ["age", "name", "n"])


def test_a_frame_of_numbers_is_one_matrix_where_one_input_is_wanted(frame: Any) -> None:
    numbers = frame[["age", "n"]]
    assert name_samples(numbers, ["features"], "x_train")["features"].shape == (3, 2)
    assert name_samples(numbers[["n"]], ["n"], "x_train")["n"].shape == (3,)
    with pytest.raises(DataError, match="x_train: has the column 'name' of object, which one matrix"):
        name_samples(frame, ["features"], "x_train")


def test_a_frame_with_other_columns_is_refused(frame: Any) -> None:
    with pytest.raises(DataError, match="x_train: lacks weight and has n, which"):
        name_samples(frame, ["age", "name", "weight"], "x_train")


def test_two_columns_of_one_name_are_refused() -> None:
    pandas = pytest.importorskip("pandas", reason="the extra `tables` is not installed")
    with pytest.raises(DataError, match="x_train: has two columns of the name 'a'"):
        name_samples(pandas.DataFrame([[1, 2]], columns=["a", "a"]), ["a"], "x_train")
