import numpy as np
import pytest

from pilotlight.core.errors import ConversionError
from pilotlight.quantization import select_calibration_samples
from pilotlight_runtime.datatypes import BYTES, FP32, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

TRAINING = np.arange(100, dtype=np.float32)[:, None]


def taking(datatype: Datatype = FP32, first: int = -1) -> Signature:
    return Signature((TensorSpec("x", datatype, (first, 1)),), ())


def test_samples_are_spread_over_the_whole_part() -> None:
    found = select_calibration_samples("m", TRAINING, taking(), 5)
    assert found["x"].ravel().tolist() == [0, 25, 50, 74, 99]
    assert found["x"].dtype == np.float32
    assert np.array_equal(select_calibration_samples("m", TRAINING, taking(), 100)["x"], TRAINING)
    assert select_calibration_samples("m", TRAINING, taking(), 1)["x"].shape == (1, 1)


@pytest.mark.parametrize(
    ("signature", "count", "said"),
    [
        (taking(), 101, "needs 101 samples for quantization, but the training part has 100"),
        (taking(BYTES), 10, r"takes texts \(x\), which have no range"),
        (taking(first=16), 15, r"takes 16 samples in each call, but `samples` in \[quantization\] is 15"),
    ],
)
def test_samples_that_cannot_be_had(signature: Signature, count: int, said: str) -> None:
    with pytest.raises(ConversionError, match=said):
        select_calibration_samples("m", TRAINING, signature, count)


TWO = Signature((TensorSpec("x", FP32, (-1, 1)), TensorSpec("word", BYTES, (-1,))), ())
WORDS = np.array([str(number) for number in range(100)])


def test_several_inputs_are_selected_together_in_their_datatypes() -> None:
    found = select_calibration_samples("m", {"word": WORDS, "x": TRAINING.astype(np.float64)}, TWO, 5)
    assert {name: array.dtype.name for name, array in found.items()} == {"x": "float32", "word": "object"}
    assert found["word"].tolist() == [str(int(number)) for number in found["x"].ravel()]


@pytest.mark.parametrize("signature", [taking(), TWO])
def test_a_training_part_that_is_left_to_be_prepared_has_no_ranges(signature: Signature) -> None:
    raw = (TRAINING % 256).astype(np.uint8)
    training, held_out = (
        (raw, TRAINING) if len(signature.inputs) == 1 else ({"x": raw, "word": WORDS}, {"x": TRAINING, "word": WORDS})
    )
    with pytest.raises(ConversionError, match=r"has x as uint8 in x_train and as float32 in x_test.* Prepare both"):
        select_calibration_samples("m", training, signature, 5, held_out)
