import numpy as np
import pytest

from pilotlight.verification.sessions import take_first_samples
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.signature import Signature, TensorSpec


@pytest.mark.parametrize(("rows", "taken"), [(-1, 1), (1, 1), (8, 8)])
def test_a_call_has_as_many_samples_as_the_signature_fixes(rows: int, taken: int) -> None:
    signature = Signature((TensorSpec("x", FP32, (rows, 3)),), ())
    samples = np.arange(30).reshape(10, 3)
    assert np.array_equal(take_first_samples(signature, {"x": samples})["x"], samples[:taken])
