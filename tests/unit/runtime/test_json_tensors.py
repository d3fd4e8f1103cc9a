import struct
from typing import Any

import pytest
from support.codec_table import TABLE, held

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, FP16, FP32, FP64, INT8, INT64, UINT8
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.protocol.json_tensors import FORMS, MAX_ELEMENTS, check_shape, decode_json, encode_json
from pilotlight_runtime.tensor import Tensor


def test_the_table_has_every_datatype_that_json_can_carry() -> None:
    assert set(TABLE) == set(FORMS) == set(DATATYPES) - {"BF16"}


@pytest.mark.parametrize("name", TABLE)
def test_each_datatype_both_ways(name: str) -> None:
    elements, raw = TABLE[name]
    tensor = decode_json("x", DATATYPES[name], (2,), elements)
    assert tensor == Tensor(DATATYPES[name], (2,), held(raw))
    assert encode_json("y", tensor) == elements


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ((2, 3), [1, 2, 3, 4, 5, 6]),
        ((2, 3), [[1, 2, 3], [4, 5, 6]]),
        ((2, 1, 3), [[[1, 2, 3]], [[4, 5, 6]]]),
        ((6,), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_flat_and_nested_data_are_the_same(shape: tuple[int, ...], data: list[Any]) -> None:
    assert bytes(decode_json("x", UINT8, shape, data).buffer) == b"\1\2\3\4\5\6"


@pytest.mark.parametrize("data", [7, [7]])
def test_a_scalar_stands_alone_or_in_a_list(data: object) -> None:
    assert decode_json("x", UINT8, (), data) == Tensor(UINT8, (), memoryview(b"\7"))


@pytest.mark.parametrize(("shape", "data"), [((0,), []), ((2, 0), []), ((2, 0), [[], []]), ((0, 3), [])])
def test_tensors_without_elements(shape: tuple[int, ...], data: list[Any]) -> None:
    assert decode_json("x", FP32, shape, data).count == 0


@pytest.mark.parametrize(
    ("kind", "shape", "data", "message"),
    [
        (FP32, (2,), [1.0, True], "x: data[1] must be a finite FP32 number, got true"),
        (UINT8, (1,), [False], "x: data[0] must be a whole number of 0 to 255, got false"),
        (UINT8, (2,), [0, 256], "x: data[1] must be a whole number of 0 to 255, got 256"),
        (INT8, (1,), [-129], "x: data[0] must be a whole number of -128 to 127, got -129"),
        (INT64, (1,), [2**63], "x: data[0] must be a whole number of"),
        (INT64, (1,), [10**500], "got a number of many digits"),
        (INT64, (1,), [1.0], "got 1.0"),
        (INT64, (1,), ["1"], "got '1'"),
        (BOOL, (1,), [1], "x: data[0] must be true or false, got 1"),
        (BYTES, (1,), [1], "x: data[0] must be a string, got 1"),
        (BYTES, (1,), ["\ud800"], "half of a surrogate pair"),
        (FP16, (1,), [65520.0], "x: data[0] must be a finite FP16 number, got 65520.0"),
        (FP32, (1,), [3.5e38], "x: data[0] must be a finite FP32 number, got 3.5e+38"),
        (FP32, (1,), [None], "got null"),
        (FP64, (2,), [0, float("inf")], "x: data[1] must be a finite FP64 number, got inf"),
        (FP64, (1,), [float("-inf")], "got -inf"),
        (FP64, (1,), [10**400], "got a number of many digits"),
        (FP32, (2,), [1.0], "x: data has 1 elements, but shape [2] has 2"),
        (FP32, (2,), {"a": 1}, "x: data must be a list, got an object"),
        (FP32, (2,), [1, None], "x: data[1] must be a finite FP32 number, got null; a blank number is NaN, which JSON"),
        (INT64, (1,), [None], "x: data[0] must be a whole number of"),
        (BYTES, (1,), [None], 'x: data[0] must be a string, got null; a blank text is ""'),
        (FP32, (), {"a": 1}, "x: data[0] must be a finite FP32 number, got an object"),
        (FP32, (2, 2), [[1, 2], [3]], "x: data is not nested as shape [2, 2] says, at depth 1"),
        (FP32, (2, 2), [[1, 2], 3], "at depth 1"),
        (FP32, (1, 2, 1), [[[1], [2, 3]]], "at depth 2"),
        (FP32, (3, 2), [[1, 2], [3, 4]], "at depth 1"),
        (FP32, (2,), [[1], [2]], "x: data[0] must be a finite FP32 number, got [1]"),
        (BF16, (1,), [1.0], "x: BF16 has no JSON form; send it as a binary tensor"),
    ],
)
def test_wrong_data_is_named(kind: Any, shape: tuple[int, ...], data: object, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_json("x", kind, shape, data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (Tensor(FP32, (1,), memoryview(struct.pack("<f", float("nan")))), "y has NaN or infinity"),
        (Tensor(FP64, (1,), memoryview(struct.pack("<d", float("inf")))), "y has NaN or infinity"),
        (Tensor(FP16, (1,), memoryview(struct.pack("<e", float("-inf")))), "y has NaN or infinity"),
        (Tensor(BYTES, (1,), (b"\xff",)), "y has bytes that are not UTF-8"),
        (Tensor(BF16, (1,), memoryview(b"\0\0")), "y is BF16, which has no JSON form"),
    ],
)
def test_what_json_cannot_carry_says_to_ask_for_binary(tensor: Tensor, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        encode_json("y", tensor)
    assert message in str(caught.value)
    assert '"binary_data": true' in str(caught.value)


def test_shapes_that_can_be() -> None:
    assert check_shape("x", [2, 0, 3]) == (2, 0, 3)
    assert check_shape("x", []) == ()
    assert check_shape("x", [MAX_ELEMENTS]) == (MAX_ELEMENTS,)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, "got null"),
        ("3", "got '3'"),
        ([1.0], "none negative; got [1.0]"),
        ([True], "got [true]"),
        ([-1], "got [-1]"),
        ([2] * 65, "65 dimensions, the most is 64"),
        ([MAX_ELEMENTS + 1], "is too large"),
        ([2**40, 2**40], "is too large"),
        ([0, 2**62, 2**62], "is too large"),
        ([10**1000], "is too large"),
    ],
)
def test_shapes_that_cannot_be(shape: object, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_shape("x", shape)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300
