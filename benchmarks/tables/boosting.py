"""The estimators of LightGBM, XGBoost and CatBoost, alone and at the end of a pipeline, with and without blanks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import catboost
import lightgbm
import numpy as np
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.tables.case import Case, Outcome
from benchmarks.tables.sklearn import try_model
from benchmarks.tables.sklearn_data import Table, make_table

PACKAGES: Final = ("lightgbm", "xgboost-cpu", "catboost", "onnxmltools", "onnxruntime")
_CAT: Final[dict[str, Any]] = {
    "iterations": 30,
    "verbose": 0,
    "allow_writing_files": False,
    "random_seed": 0,
    "thread_count": 1,
}
_LIGHT: Final[dict[str, Any]] = {"n_estimators": 30, "verbose": -1, "random_state": 0, "n_jobs": 1}
_XGB: Final[dict[str, Any]] = {"n_estimators": 30, "random_state": 0, "n_jobs": 1}

_CLASSIFIERS: Final[dict[str, Callable[[], Any]]] = {
    "LGBMClassifier": lambda: lightgbm.LGBMClassifier(**_LIGHT),
    "LGBMClassifier, boosting_type=dart": lambda: lightgbm.LGBMClassifier(boosting_type="dart", **_LIGHT),
    "XGBClassifier": lambda: xgboost.XGBClassifier(**_XGB),
    "XGBRFClassifier": lambda: xgboost.XGBRFClassifier(**_XGB),
    "CatBoostClassifier": lambda: catboost.CatBoostClassifier(**_CAT),
}
_REGRESSORS: Final[dict[str, Callable[[], Any]]] = {
    "LGBMRegressor": lambda: lightgbm.LGBMRegressor(**_LIGHT),
    "LGBMRegressor, objective=poisson": lambda: lightgbm.LGBMRegressor(objective="poisson", **_LIGHT),
    "LGBMRegressor, objective=quantile": lambda: lightgbm.LGBMRegressor(objective="quantile", alpha=0.9, **_LIGHT),
    "XGBRegressor": lambda: xgboost.XGBRegressor(**_XGB),
    "XGBRegressor, objective=count:poisson": lambda: xgboost.XGBRegressor(objective="count:poisson", **_XGB),
    "XGBRFRegressor": lambda: xgboost.XGBRFRegressor(**_XGB),
    "CatBoostRegressor": lambda: catboost.CatBoostRegressor(**_CAT),
}
_MANY_TARGETS: Final[dict[str, Callable[[], Any]]] = {
    "XGBRegressor, several targets": lambda: xgboost.XGBRegressor(**_XGB),
    "CatBoostRegressor, several targets": lambda: catboost.CatBoostRegressor(loss_function="MultiRMSE", **_CAT),
}
_OTHER_BOOSTERS: Final[dict[str, Callable[[], Any]]] = {
    "XGBRegressor, booster=dart": lambda: xgboost.XGBRegressor(booster="dart", **_XGB),
}
_RANKERS: Final[dict[str, Callable[[], Any]]] = {
    "LGBMRanker": lambda: lightgbm.LGBMRanker(**_LIGHT),
    "XGBRanker": lambda: xgboost.XGBRanker(**_XGB),
    "CatBoostRanker": lambda: catboost.CatBoostRanker(loss_function="YetiRank", **_CAT),
}


def list_cases() -> list[Case]:
    """Return one case for each estimator and kind of table."""
    kinds = [
        ("classifiers", _CLASSIFIERS, {"three classes": "classes", "two classes": "two classes", "blanks": "blanks"}),
        ("regressors", _REGRESSORS, {"": "positive numbers"}),
        ("regressors", _MANY_TARGETS, {"": "targets"}),
        ("regressors", _OTHER_BOOSTERS, {"": "positive numbers"}),
    ]
    cases = []
    for group, makers, tables in kinds:
        for name, make in makers.items():
            for title, kind in tables.items():
                cases.append(Case(group, _join(name, title), partial(_fit, make, kind)))
    for name, make in _RANKERS.items():
        cases.append(Case("rankers", name, partial(_rank, make)))
    for name, make in {**_CLASSIFIERS, **_REGRESSORS}.items():
        kind = "classes" if name in _CLASSIFIERS else "positive numbers"
        cases.append(Case("in a pipeline", name, partial(_fit, partial(_make_pipeline, make), kind)))
    return cases


def _join(name: str, title: str) -> str:
    return f"{name}, {title}" if title else name


def _make_pipeline(make: Callable[[], Any]) -> Any:
    return make_pipeline(StandardScaler(), make())


def _fit(make: Callable[[], Any], kind: str, folder: Path) -> Outcome:
    table = make_table(kind)
    return try_model(make().fit(table.x_train, table.y_train), table, folder)


def _rank(make: Callable[[], Any], folder: Path) -> Outcome:
    """Fit a ranker on queries of ten samples each."""
    table: Table = make_table("classes")
    queries = np.arange(len(table.x_train)) // 10
    model = make()
    if isinstance(model, lightgbm.LGBMRanker):
        model.fit(table.x_train, table.y_train, group=np.bincount(queries))
    elif isinstance(model, xgboost.XGBRanker):
        model.fit(table.x_train, table.y_train, qid=queries)
    else:
        model.fit(table.x_train, table.y_train, group_id=queries)
    return try_model(model, table, folder)
