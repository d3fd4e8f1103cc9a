"""What a fit on several devices does not take is refused before anything is computed."""

from typing import Any

import pytest

from pilotlight.core.errors import TrainingError
from pilotlight.training.keras.distributed import DistributedFit


def test_an_argument_that_only_one_device_takes() -> None:
    given: dict[str, Any] = {"class_weight": {0: 2.0}}
    with pytest.raises(TrainingError, match=r'fit_model: got class_weight.*devices = "one"'):
        DistributedFit(None, None).fit([], steps_per_epoch=1, initial_epoch=0, epochs=1, callbacks=[], **given)
