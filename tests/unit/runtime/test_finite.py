import struct

import pytest

from pilotlight_runtime.datatypes import BYTES, DATATYPES, INT64
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.finite import check_finite
from pilotlight_runtime.tensor import Tensor


def tensor(name: str, *values: float) -> Tensor:
    kind = DATATYPES[name]
    return Tensor(kind, (len(values),), memoryview(struct.pack(f"<{len(values)}{kind.format}", *values)))


@pytest.mark.parametrize("name", ["FP16", "FP32", "FP64"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_the_first_element_that_is_not_finite_is_named(name: str, value: float) -> None:
    with pytest.raises(InvalidRequest, match=rf"input 'x': data\[2\] is {value}; this model takes finite numbers only"):
        check_finite("x", tensor(name, 0, 1, value, value))


def test_finite_numbers_pass_even_where_their_sum_is_not() -> None:
    check_finite("x", tensor("FP64", 1.7e308, 1.7e308))
    check_finite("x", tensor("FP32"))
    check_finite("x", Tensor(INT64, (1,), memoryview(b"\xff" * 8)))
    check_finite("x", Tensor(BYTES, (1,), (b"nan",)))
