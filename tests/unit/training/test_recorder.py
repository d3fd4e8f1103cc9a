import pytest

from pilotlight import Run
from pilotlight.core.learning_curve import LearningCurve


def run() -> Run:
    return Run("here", epochs=1, batch_size=1, learning_rate=0.1, seed=0)


def test_points_become_a_curve_and_gaps_stay_gaps() -> None:
    told = run()
    assert told.recorder.curve() is None
    told.record("epoch", 1, {"loss": 2.0})
    told.record("epoch", 2, {"loss": float("nan"), "val_loss": 1.0})
    assert told.recorder.curve() == LearningCurve("epoch", (1.0, 2.0), {"loss": (2.0, None), "val_loss": (None, 1.0)})


def test_two_runs_record_apart() -> None:
    first, second = run(), run()
    first.record("epoch", 1, {"loss": 2.0})
    assert second.recorder.curve() is None


def test_a_curve_has_one_axis() -> None:
    told = run()
    told.record("epoch", 1, {"loss": 2.0})
    with pytest.raises(ValueError, match="one axis: 'epoch' before, 'samples' now"):
        told.record("samples", 1, {"loss": 2.0})
