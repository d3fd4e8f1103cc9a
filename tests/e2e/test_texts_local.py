"""The text models through `sam local start-api`: texts in, labels and probabilities out, with a Triton client."""

import sys
from typing import Any

import numpy as np
import pytest
from support.sam_local import accepting, tensor

if sys.platform != "linux":
    pytest.skip("tritonclient has wheels for Linux alone", allow_module_level=True)

from tritonclient import http as triton
from tritonclient.utils import InferenceServerException


def texts(*values: str, binary: bool) -> Any:
    return tensor("text", np.array([value.encode() for value in values], dtype=object), "BYTES", binary=binary)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(("name", "classes"), [("sentiment", 2), ("language", 33)])
def test_a_text_gets_a_label_and_its_probability(client: Any, name: str, classes: int, *, binary: bool) -> None:
    given = texts("the plot is not dull , but it is long", "das ist größer", "ok", binary=binary)
    wanted = [triton.InferRequestedOutput(output, binary_data=binary) for output in ("probabilities", "label")]
    answer = client.infer(name, [given], outputs=wanted, headers=accepting())
    probabilities, labels = answer.as_numpy("probabilities"), answer.as_numpy("label")
    assert (probabilities.shape, labels.shape) == ((3, classes), (3,))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_a_text_that_cannot_be_answered_is_named(client: Any) -> None:
    given = texts("fine", "", binary=True)
    with pytest.raises(InferenceServerException, match="text 1 is empty") as caught:
        client.infer("sentiment", [given], headers=accepting())
    assert "400" in str(caught.value.status())


@pytest.mark.parametrize("binary", [True, False])
def test_a_number_in_words_is_written_in_german(client: Any, *, binary: bool) -> None:
    numbers = ("six", "three hundred and forty-five thousand, six hundred and seventy-eight", "ninety")
    wanted = [triton.InferRequestedOutput(output, binary_data=binary) for output in ("translation", "complete")]
    answer = client.infer("translate", [texts(*numbers, binary=binary)], outputs=wanted, headers=accepting())
    assert answer.as_numpy("complete").tolist() == [True, True, True]
    translations = answer.as_numpy("translation").tolist()
    assert len(set(translations)) == 3
    for number, expected in zip(numbers, translations, strict=True):
        alone = client.infer("translate", [texts(number, binary=binary)], outputs=wanted, headers=accepting())
        assert alone.as_numpy("translation").tolist() == [expected]


def test_a_character_that_the_translator_never_saw_is_named(client: Any) -> None:
    with pytest.raises(InferenceServerException, match="text 0 has '€'") as caught:
        client.infer("translate", [texts("ten €", binary=True)], headers=accepting())
    assert "400" in str(caught.value.status())
