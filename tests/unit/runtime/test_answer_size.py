"""Answers that Lambda cannot carry are refused by their outputs alone; those that it can are not."""

import struct
from collections.abc import Sequence

import pytest
from support.manifests import manifest_of

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, FP32, INT8, Datatype
from pilotlight_runtime.errors import TooLarge
from pilotlight_runtime.limits import DEFAULT_LIMITS, MAX_ANSWER_BYTES, Limits
from pilotlight_runtime.protocol.answer_size import check_answer, check_nested_answer
from pilotlight_runtime.protocol.oip_request import OipRequest
from pilotlight_runtime.protocol.oip_response import write_response
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferRequest, InferResponse

MANIFEST = manifest_of([("x", "FP32", (-1,))], [("y", "FP32", (-1,))])


def zeros(count: int, datatype: str = "FP32", shape: tuple[int, ...] | None = None) -> InferResponse:
    kind = DATATYPES[datatype]
    return InferResponse({"y": Tensor(kind, shape or (count,), memoryview(bytes(count * kind.itemsize)))})


def texts(*elements: bytes) -> InferResponse:
    return InferResponse({"y": Tensor(BYTES, (len(elements),), elements)})


def check(
    response: InferResponse, *, binary: bool = False, packs: bool = False, limits: Limits = DEFAULT_LIMITS
) -> None:
    check_answer(response, {"y": binary}, packs=packs, limits=limits)


@pytest.mark.parametrize(
    ("response", "binary"),
    [
        (zeros(MAX_ANSWER_BYTES // 4), False),
        (zeros(MAX_ANSWER_BYTES // 2, "INT8"), False),
        (zeros(MAX_ANSWER_BYTES // 5, "BOOL"), False),
        (zeros(MAX_ANSWER_BYTES * 3 // 16), True),
        (texts(*[b"ab"] * (MAX_ANSWER_BYTES // 5)), False),
        (texts(b"a" * (MAX_ANSWER_BYTES - 10)), False),
    ],
)
def test_what_may_fit_is_left_to_be_written(response: InferResponse, *, binary: bool) -> None:
    check(response, binary=binary)


@pytest.mark.parametrize(
    ("response", "binary"),
    [
        (zeros(MAX_ANSWER_BYTES // 4 + 1), False),
        (zeros(MAX_ANSWER_BYTES // 2 + 1, "INT8"), False),
        (zeros(MAX_ANSWER_BYTES // 5 + 1, "BOOL"), False),
        (zeros(MAX_ANSWER_BYTES * 3 // 16 + 1), True),
        (texts(*[b"ab"] * (MAX_ANSWER_BYTES // 5 + 1)), False),
        (texts(b"a" * MAX_ANSWER_BYTES), False),
        (texts(*[b""] * (MAX_ANSWER_BYTES * 3 // 16 + 1)), True),
    ],
)
def test_what_cannot_fit_is_refused(response: InferResponse, *, binary: bool) -> None:
    with pytest.raises(TooLarge, match="the answer is larger than the 6291556 bytes that Lambda carries"):
        check(response, binary=binary)


def test_an_answer_that_may_be_compressed_may_be_larger() -> None:
    check(zeros(2_500_000), packs=True)
    check(zeros(16_000_000), binary=True, packs=True)
    with pytest.raises(TooLarge, match="the answer is larger"):
        check(zeros(17_000_000), binary=True, packs=True)
    with pytest.raises(TooLarge, match=r"writing the answer would take about 268 MB of memory, .* is 256 MB; ask for"):
        check(zeros(2_800_000), packs=True)
    with pytest.raises(TooLarge, match="the most for one request is 9 MB"):
        check(zeros(1_000_000), packs=True, limits=Limits(10_000_000))


def test_nested_lists_count() -> None:
    response = zeros(1_000_000, shape=(1_000_000, 1))
    check_nested_answer(zeros(1_000_000), packs=True, limits=Limits(110_000_000))
    with pytest.raises(TooLarge, match="writing the answer"):
        check_nested_answer(response, packs=True, limits=Limits(110_000_000))


@pytest.mark.parametrize(
    ("kind", "values", "shortest"),
    [(FP32, [0.0, 1.0, -1.5, 1e30], 4), (INT8, [0, 1, -100], 2), (BOOL, [True, False], 5)],
)
def test_no_element_is_shorter_than_the_count_says(kind: Datatype, values: Sequence[float], shortest: int) -> None:
    """So that nothing is refused that could be written in fewer bytes than Lambda carries."""
    packed = memoryview(struct.pack(f"<{len(values)}{kind.format}", *values))
    response = InferResponse({"y": Tensor(kind, (len(values),), packed)})
    body = write_response(MANIFEST, OipRequest(InferRequest({}), None, {}, binary_default=False), response).body
    written = body.partition(b'"data":[')[2].partition(b"]")[0]
    assert len(written) + 1 >= shortest * len(values)


def test_a_datatype_without_json_is_left_to_the_writer() -> None:
    check(InferResponse({"y": Tensor(BF16, (3,), memoryview(bytes(6)))}))
