import json

import pytest

from pilotlight.core.learning_curve import LearningCurve, read_learning_curve, to_finite


def of(count: int) -> LearningCurve:
    values = tuple(float(index) for index in range(count))
    return LearningCurve("epoch", values, {"loss": values, "val_loss": values, "accuracy": values})


def test_series_of_one_measure_belong_together() -> None:
    assert {name: list(series) for name, series in of(2).measures.items()} == {
        "loss": ["loss", "val_loss"],
        "accuracy": ["accuracy"],
    }


@pytest.mark.parametrize(("count", "left"), [(1, 1), (100, 100), (101, 100), (5000, 100)])
def test_downsampling_keeps_both_ends_and_stays_even(count: int, left: int) -> None:
    thin = of(count).downsample()
    assert len(thin.at) == left
    assert (thin.at[0], thin.at[-1]) == (0.0, float(count - 1))
    assert all(values == thin.at for values in thin.series.values())
    steps = {round(b - a) for a, b in zip(thin.at, thin.at[1:], strict=False)}
    assert max(steps, default=0) - min(steps, default=0) <= 1


def test_json_brings_it_back_with_six_digits() -> None:
    curve = LearningCurve("epoch", (1.0, 2.0), {"loss": (0.123456789, None)})
    told = json.loads(json.dumps(curve.as_json(), allow_nan=False))
    assert read_learning_curve(told) == LearningCurve("epoch", (1.0, 2.0), {"loss": (0.123457, None)})


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"axis": "epoch"},
        {"axis": "epoch", "at": [], "series": {}},
        {"axis": "epoch", "at": ["1"], "series": {}},
        {"axis": "epoch", "at": [1], "series": {"loss": [1, 2]}},
        {"axis": "epoch", "at": [1], "series": {"loss": ["low"]}},
        {"axis": "epoch", "at": [1], "series": {"loss": 3}},
        {"axis": 3, "at": [1], "series": {"loss": [1]}},
    ],
)
def test_anything_else_is_no_curve(value: object) -> None:
    assert read_learning_curve(value) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, 1.0), ("2.5", 2.5), (float("nan"), None), (float("inf"), None), ("low", None), (None, None)],
)
def test_only_finite_numbers_are_kept(value: object, found: float | None) -> None:
    assert to_finite(value) == found
