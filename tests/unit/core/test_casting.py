from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pilotlight.core.casting import cast_array, prepare_inputs
from pilotlight.core.errors import DataError
from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, FP16, FP32, FP64, INT8, INT64, UINT8, Datatype
from pilotlight_runtime.signature import TensorSpec

X = TensorSpec("x", FP32, (-1,))
NUMBERS = [each for each in DATATYPES.values() if each not in (BYTES, BF16)]


def cast(array: Any, datatype: Datatype) -> Any:
    return cast_array(np.asarray(array), X._replace(datatype=datatype), "x_test")


@pytest.mark.parametrize("wanted", NUMBERS, ids=lambda each: each.name)
@pytest.mark.parametrize("given", NUMBERS, ids=lambda each: each.name)
def test_zeros_and_ones_can_be_cast_to_every_datatype(given: Datatype, wanted: Datatype) -> None:
    found = cast(np.array([0, 1]).astype(given.numpy), wanted)
    assert found.dtype == wanted.numpy
    assert found.astype(int).tolist() == [0, 1]


def test_floats_are_rounded_to_the_float_of_the_input() -> None:
    wide = np.array([0.1, -np.inf, np.nan])
    np.testing.assert_array_equal(cast(wide, FP32), wide.astype(np.float32))
    np.testing.assert_array_equal(cast(wide, FP16), wide.astype(np.float16))
    assert cast([1 << 40, 3], FP32).tolist() == [float(1 << 40), 3.0]


@pytest.mark.parametrize("dtype", ["float32", "object"])
def test_an_array_of_the_right_datatype_is_not_copied(dtype: str) -> None:
    array = np.array(["a"] if dtype == "object" else [1.0], dtype)
    assert cast(array, BYTES if dtype == "object" else FP32) is array


@pytest.mark.parametrize(
    ("given", "datatype", "message"),
    [
        (
            [1.0, 1.5],
            INT64,
            r"x_test: holds 1.5 at \[1\] \(float64\), which INT64 cannot hold. Cast it in load",
        ),
        ([1.0, np.nan], INT64, r"holds nan at \[1\]"),
        ([np.inf], INT64, "holds inf at"),
        ([2.0**63], INT64, "holds 9.22"),
        ([200], INT8, r"holds 200 at \[0\] \(int64\), which INT8 cannot hold.* with .astype\(np.int8\), or correct"),
        ([-1], UINT8, "holds -1 at"),
        (np.array([1 << 63], np.uint64), INT64, "holds 9223372036854775808 at"),
        ([0, 2], BOOL, r"holds 2 at \[1\]"),
        ([1e300], FP32, r"holds 1e\+300 at"),
        ([70000], FP16, "holds 70000 at"),
        (["a"], FP32, r"holds texts \(the first is 'a'\), and x is FP32. Cast it .* with .astype\(np.float32\)"),
        ([b"a"], INT64, "holds texts"),
        (np.array([1, "a"], object), FP32, r"holds Python objects \(the first is 1\), and x is FP32"),
        (np.array([1.0, 2.0], object), FP32, "holds Python objects .* Cast it"),
        (np.array(["2020-01-01"], "datetime64[D]"), FP32, r"holds datetime64\[D\], and x is FP32"),
        ([1j], FP64, "holds complex128"),
        ([1], BYTES, r"holds int64, and x is BYTES. Cast it .* with .astype\(str\)"),
        (np.array(["a", 1], object), BYTES, "holds 1, and x is BYTES"),
        ([1.0], BF16, "holds float64, and x is BF16. Give x as bfloat16, or as its bits in uint16"),
    ],
)
def test_a_cast_that_would_change_a_value_is_refused(given: Any, datatype: Datatype, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cast(given, datatype)


def test_texts_become_objects_that_hold_str_and_a_blank_is_an_empty_word() -> None:
    assert cast(["a", "bc"], BYTES).tolist() == ["a", "bc"]
    assert cast(["a"], BYTES).dtype == object
    assert cast(np.array([["a"], [None]], object), BYTES).tolist() == [["a"], [""]]
    assert cast(np.array(["a", np.nan], object), BYTES).tolist() == ["a", ""]
    assert cast([b"\xff"], BYTES).tolist() == [b"\xff"]


def test_a_column_gets_the_rank_of_its_input() -> None:
    column = np.arange(3.0)
    assert prepare_inputs(column, [X._replace(shape=(-1, 1))], "x_test")["x"].shape == (3, 1)
    assert prepare_inputs(column[:, None], [X], "x_test")["x"].shape == (3,)


def test_every_array_is_named_where_there_are_several() -> None:
    specs = [X._replace(name="a", shape=(-1, 2)), X._replace(name="b", datatype=INT64)]
    prepared = prepare_inputs({"b": np.array([1.0, 2.0]), "a": np.ones((2, 2))}, specs, "x_test")
    assert {name: array.dtype.name for name, array in prepared.items()} == {"a": "float32", "b": "int64"}
    with pytest.raises(DataError, match=r"x_test\['b'\]: holds 0.5"):
        prepare_inputs({"b": np.array([0.5, 2.0]), "a": np.ones((2, 2))}, specs, "x_test")
    with pytest.raises(DataError, match=r"x_test\['a'\]: has shape \[2, 3\], and the input a is \[-1, 2\]"):
        prepare_inputs({"b": np.ones(2), "a": np.ones((2, 3))}, specs, "x_test")


@pytest.mark.parametrize(
    ("given", "datatype", "advice"),
    [
        (["true", "false"], BOOL, 'x == "true"'),
        ([1e300], FP32, "Scale or limit the values"),
        ([1j], FP32, ".real and .imag"),
        (np.array(["2020-01-01"], "datetime64[D]"), FP32, "the days since a fixed date"),
        (np.array([["a"], ["b", "c"]], object), BYTES, "one text for each sample"),
    ],
    ids=["texts", "overflow", "complex", "dates", "lists"],
)
def test_the_advice_does_not_lose_what_the_values_say(given: Any, datatype: Datatype, advice: str) -> None:
    with pytest.raises(DataError) as caught:
        cast(given, datatype)
    assert advice in caught.value.hint
    assert ".astype(np." not in caught.value.hint
    assert ".astype(str)" not in caught.value.hint
