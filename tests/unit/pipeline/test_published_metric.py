"""Metrics where higher is better and where lower is: the requirement, the floor of the next version, the messages."""

import pytest

from pilotlight.core.errors import ParityError
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.workflows.publish import require_metric, require_parity
from pilotlight.workflows.published_metric import (
    compute_floor,
    find_metric_name,
    find_published_metric,
    orient_metric,
    reaches,
)

ERROR = "mean_absolute_error"


def config(metric: str) -> ModelConfig:
    return ModelConfig("m", "sklearn", training=TrainingSettings(metric=metric))


@pytest.mark.parametrize(
    ("metric", "chosen", "metrics", "wanted"),
    [
        ("accuracy", "", {"accuracy": 0.9}, "accuracy"),
        ("", "", {"accuracy": 0.9}, ""),
        ("auto", "r2", {"r2": 0.9, "accuracy": 0.1}, "r2"),
        ("auto", "", {"loss": 0.3, "accuracy": 0.9}, "accuracy"),
        ("auto", "", {"loss": 0.3}, ""),
    ],
)
def test_the_metric_is_the_named_or_the_chosen_one(
    metric: str, chosen: str, metrics: dict[str, float], wanted: str
) -> None:
    report = ParityReport(10, 0.0, metric=chosen)
    assert find_metric_name(config(metric), metrics, report) == wanted
    assert find_published_metric(config(metric), metrics, report) == metrics.get(wanted)


@pytest.mark.parametrize(
    ("name", "value", "required", "wanted"),
    [
        ("accuracy", 0.9, 0.9, 1),
        ("accuracy", 0.89, 0.9, 0),
        ("r2", -0.2, -0.3, 1),
        (ERROR, 0.4, 0.5, 1),
        (ERROR, 0.6, 0.5, 0),
        (ERROR, 0.6, -0.5, 0),
        ("of its own", 0.5, 0.6, 0),
    ],
)
def test_what_reaches_a_requirement(name: str, value: float, required: float, wanted: int) -> None:
    assert reaches(name, value, required) == bool(wanted)


@pytest.mark.parametrize(("name", "better", "worse"), [("accuracy", 0.95, 0.85), (ERROR, 0.35, 0.65)])
def test_a_floor_lets_through_what_is_worse_by_the_drop(name: str, better: float, worse: float) -> None:
    """Pipelines compare the value of a version with the floor of the last one as numbers."""
    last = 0.9 if name == "accuracy" else 0.6
    floor = compute_floor(name, last, 0.02)
    assert orient_metric(name, better) >= floor > orient_metric(name, worse)
    assert reaches(name, better, floor)
    assert not reaches(name, worse, floor)


def test_the_message_says_the_direction() -> None:
    report = ParityReport(10, 0.0, metric=ERROR)
    with pytest.raises(ParityError, match=r"its mean_absolute_error is 0\.7, but at most 0\.5 is required"):
        require_metric(config("auto"), {ERROR: 0.7}, report, -0.5)
    with pytest.raises(ParityError, match=r"its accuracy is 0\.7, but at least 0\.8 is required"):
        require_metric(config("accuracy"), {"accuracy": 0.7}, report, 0.8)
    require_metric(config("auto"), {ERROR: 0.5}, report, 0.5)


@pytest.mark.parametrize(
    ("cause", "headline", "hint"),
    [
        (Cause.DIFFERS, "the outputs of the ONNX model differ from those of its source", "Check the conversion"),
        (Cause.MISSHAPEN, "its outputs have another shape than", "Correct the shape in"),
        (Cause.UNMEASURED, "its metric cannot be computed", "Set training.metric"),
        (Cause.FAILED, "the ONNX model cannot be run on the held-out samples", "Check the held-out samples"),
    ],
)
def test_only_compared_answers_are_said_to_differ(cause: Cause, headline: str, hint: str) -> None:
    with pytest.raises(ParityError) as caught:
        require_parity("m", ParityReport(10, 0.0, failures=("a reason",), cause=cause))
    assert caught.value.what.startswith(headline)
    assert caught.value.what.endswith("\n  - a reason")
    assert caught.value.hint.startswith(hint)
    assert ("differ" in caught.value.what) == (cause is Cause.DIFFERS)
