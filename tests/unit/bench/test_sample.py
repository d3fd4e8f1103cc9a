import json

import pytest

from pilotlight.bench.sample import TEXT, sample_body
from pilotlight_runtime.datatypes import BOOL, BYTES, DATATYPES, FP32, INT64, Datatype
from pilotlight_runtime.protocol.oip_request import RequestReader
from pilotlight_runtime.signature import Signature, TensorSpec


def signature(*inputs: TensorSpec) -> Signature:
    return Signature(inputs, (TensorSpec("y", FP32, (-1,)),))


@pytest.mark.parametrize(
    "kind", [kind for kind in DATATYPES.values() if kind.name != "BF16"], ids=lambda kind: kind.name
)
def test_the_runtime_reads_a_sample_of_every_datatype(kind: Datatype) -> None:
    body = sample_body(signature(TensorSpec("x", kind, (-1, 2, -1))), 3)
    assert body is not None
    assert RequestReader().read(body, None).request.inputs["x"].shape == (3, 2, 1)


def test_floats_are_as_long_as_a_picture_s() -> None:
    body = sample_body(signature(TensorSpec("x", FP32, (-1, 4))), 1)
    assert body is not None
    assert json.loads(body)["inputs"][0]["data"] == [0.0, 37 / 255, 74 / 255, 111 / 255]


def test_whole_numbers_and_truths_are_empty_and_texts_are_not() -> None:
    body = sample_body(
        signature(TensorSpec("a", INT64, (2,)), TensorSpec("b", BYTES, (2,)), TensorSpec("c", BOOL, (2,))), 2
    )
    assert body is not None
    assert [entry["data"] for entry in json.loads(body)["inputs"]] == [[0, 0], [TEXT, TEXT], [False, False]]


def test_texts_are_what_they_are_told_to_be() -> None:
    body = sample_body(signature(TensorSpec("b", BYTES, (-1,))), 2, "twelve")
    assert body is not None
    assert json.loads(body)["inputs"][0]["data"] == ["twelve", "twelve"]


@pytest.mark.parametrize(("shape", "samples"), [((1, 3), 64), ((), 2), ((4,), 1)])
def test_a_model_that_does_not_take_so_many_gets_no_request(shape: tuple[int, ...], samples: int) -> None:
    assert sample_body(signature(TensorSpec("x", FP32, shape)), samples) is None


def test_a_scalar_is_one_sample() -> None:
    assert sample_body(signature(TensorSpec("x", FP32, ())), 1) is not None
