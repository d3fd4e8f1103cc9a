"""A handful of the rows of the table of gradient boosting libraries."""

from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="the extra boosting is not installed")
pytest.importorskip("xgboost", reason="the extra boosting is not installed")
pytest.importorskip("catboost", reason="the extra boosting is not installed")
pytest.importorskip("onnxmltools", reason="the extra boosting is not installed")

from benchmarks.tables.boosting import list_cases
from benchmarks.tables.case import REFUSED, WORKS, Case, run_case

CASES: dict[tuple[str, str], Case] = {(case.group, case.name): case for case in list_cases()}


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("classifiers", "LGBMClassifier, blanks"),
        ("classifiers", "XGBRFClassifier, three classes"),
        ("classifiers", "CatBoostClassifier, two classes"),
        ("regressors", "XGBRegressor, several targets"),
        ("regressors", "CatBoostRegressor"),
        ("rankers", "LGBMRanker"),
        ("in a pipeline", "XGBClassifier"),
        ("in a pipeline", "LGBMRegressor"),
        ("in a pipeline", "CatBoostClassifier"),
    ],
)
def test_a_booster_answers_as_itself(tmp_path: Path, group: str, name: str) -> None:
    outcome = run_case(CASES[group, name], tmp_path)
    assert outcome.status == WORKS, outcome.detail


@pytest.mark.parametrize("name", ["XGBRegressor, booster=dart", "CatBoostRegressor, several targets"])
def test_a_refusal_names_what_converts(tmp_path: Path, name: str) -> None:
    outcome = run_case(CASES["regressors", name], tmp_path)
    assert outcome.status == REFUSED
    assert "Error" not in outcome.detail
    assert "gbtree" in outcome.detail or "XGBRegressor converts" in outcome.detail
