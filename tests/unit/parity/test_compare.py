import numpy as np
import pytest

from pilotlight.core.artifacts import Array
from pilotlight.core.model_config import ParityConfig
from pilotlight.verification.compare_arrays import Comparison, compare_arrays
from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, FP16, FP32, FP64, INT64, UINT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

CONFIG = ParityConfig(rtol=0.1, atol=0.01)
NAN, INF = float("nan"), float("inf")


def compared(expected: Array, found: Array, datatype: Datatype = FP32, config: ParityConfig = CONFIG) -> Comparison:
    signature = Signature((), (TensorSpec("y", datatype, (-1,)),))
    return compare_arrays({"y": expected}, {"y": found}, signature, config)


def floats(*values: float) -> Array:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("source", "onnx"),
    [(1.0, 1.0), (1.0, 1.1), (0.0, 0.009), (10.0, 9.0), (-1.0, -1.1), (NAN, NAN), (INF, INF), (-INF, -INF)],
)
def test_near_enough(source: float, onnx: float) -> None:
    assert compared(floats(source), floats(onnx)).failures == []


@pytest.mark.parametrize(
    ("source", "onnx"),
    [(1.0, 1.12), (0.0, 0.011), (1.0, -1.0), (NAN, 1.0), (1.0, NAN), (INF, -INF), (INF, 1e30), (1.0, INF), (INF, NAN)],
)
def test_too_far(source: float, onnx: float) -> None:
    (failure,) = compared(floats(0, source), floats(0, onnx)).failures
    assert failure.startswith("output y: 1 of 2 values differ beyond the tolerance; at [1] the source has ")


def test_the_line_says_where_worst_first_and_both_values() -> None:
    source = np.zeros((2, 3), np.float32)
    onnx = np.array([[0, 0.5, 0], [2.5, 0.25, 0.125]], np.float32)
    result = compared(source, onnx)
    assert result.failures == [
        (
            "output y: 4 of 6 values differ beyond the tolerance; at [1, 0] the source has 0, ONNX has 2.5; "
            "at [0, 1] the source has 0, ONNX has 0.5; at [1, 1] the source has 0, ONNX has 0.25"
        )
    ]
    assert result.largest == 2.5


def test_the_tolerance_is_relative_to_the_source() -> None:
    assert compared(floats(1.0), floats(1.105)).failures == []
    assert compared(floats(1.105), floats(0.98)).failures != []


def test_whole_numbers_are_exact_where_floats_could_not_tell() -> None:
    big = 2**63 + 1
    assert compared(np.array([big], np.uint64), np.array([big], np.uint64), UINT64).failures == []
    (failure,) = compared(np.array([big], np.uint64), np.array([big - 1], np.uint64), UINT64).failures
    assert f"the source has {big}, ONNX has {big - 1}" in failure


@pytest.mark.parametrize(
    ("datatype", "array", "other"),
    [
        (BOOL, np.array([True, False]), np.array([True, True])),
        (INT64, np.array([1, 2]), np.array([1, 3])),
        (FP16, np.array([1.0], np.float16), np.array([2.0], np.float16)),
        (FP64, np.array([1.0]), np.array([2.0])),
        (BF16, np.array([0x3F80], np.uint16), np.array([0x4000], np.uint16)),
        (BYTES, np.array(["é", "b"], object), np.array(["é".encode(), b"c"], object)),
    ],
    ids=lambda value: value.name if isinstance(value, Datatype) else "",
)
def test_every_kind_agrees_with_itself_and_not_with_another(datatype: Datatype, array: Array, other: Array) -> None:
    assert compared(array, array.copy(), datatype) == Comparison([], 0.0)
    assert len(compared(array, other, datatype).failures) == 1


def test_shapes_and_datatypes_come_before_values() -> None:
    assert compared(floats(1, 2), floats(1)).failures == ["output y: shape is [1], the source's is [2]"]
    assert compared(np.array([1.0]), floats(1)).failures == ["output y: datatype is FP32, the source's is float64"]
    assert compared(np.array([1.0, 5.0]), floats(2)).failures == [
        "output y: shape is [1], the source's is [2]",
        "output y: datatype is FP32, the source's is float64",
    ]


def test_names_are_compared_and_every_output_reports() -> None:
    signature = Signature((), tuple(TensorSpec(name, FP32, (-1,)) for name in ("a", "b")))
    wrong, right = floats(5), floats(1)
    result = compare_arrays(
        {"a": right, "b": right, "c": right}, {"a": wrong, "b": wrong}, signature, CONFIG, "alone: "
    )
    assert [failure.split(" the ")[0] for failure in result.failures] == [
        "alone: outputs are a, b,",
        "alone: output a: 1 of 1 values differ beyond",
        "alone: output b: 1 of 1 values differ beyond",
    ]


FOUR = np.arange(4, dtype=np.float32)
TEXTS = np.array(["a", "b", "c", "d"], dtype=object)


@pytest.mark.parametrize(
    ("expected", "found", "datatype", "passes"),
    [
        (FOUR, FOUR + floats(5, 0, 0, 0), FP32, True),
        (FOUR, FOUR + floats(5, 5, 0, 0), FP32, False),
        (FOUR, FOUR + floats(NAN, 0, 0, 0), FP32, False),
        (FOUR, FOUR + floats(INF, 0, 0, 0), FP32, False),
        (TEXTS, np.array(["a", "b", "c", "e"], dtype=object), BYTES, True),
        (TEXTS, np.array(["a", "b", "e", "e"], dtype=object), BYTES, False),
        (FOUR.astype(np.int64), FOUR.astype(np.int64) * [1, 1, 1, 2], INT64, True),
        (FOUR.astype(np.int64), FOUR.astype(np.int64) * [1, 1, 2, 2], INT64, False),
    ],
)
def test_outliers_are_a_share_of_the_values_and_always_numbers(
    expected: Array, found: Array, datatype: Datatype, *, passes: bool
) -> None:
    config = ParityConfig(rtol=0.1, atol=0.01, outliers=0.25)
    assert (compared(expected, found, datatype, config).failures == []) is passes
    assert compared(expected, found, datatype).failures != []
