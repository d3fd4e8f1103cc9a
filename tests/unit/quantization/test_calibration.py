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
