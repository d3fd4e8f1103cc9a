"""Every estimator of scikit-learn that predicts or transforms, fitted with its defaults or with simple parts."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.base import ClassifierMixin, ClusterMixin, OutlierMixin, RegressorMixin, TransformerMixin
from sklearn.utils import all_estimators

from benchmarks.tables.case import MODEL_NAME, Case, Outcome, convert_and_compare
from benchmarks.tables.sklearn_data import Table, choose_table
from benchmarks.tables.sklearn_models import MAKERS
from pilotlight.conversion.sklearn.outputs import ANSWERS, Answer, find_kind
from pilotlight.core.artifacts import Dataset, FittedModel
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.datatypes import BYTES, FP32, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

PACKAGES: Final = ("scikit-learn", "skl2onnx", "onnxruntime")
_METHODS: Final = ("predict", "transform", "decision_function", "kneighbors")
_EXPERIMENTS: Final = ("enable_halving_search_cv", "enable_iterative_imputer")
_LABELS: Final = {"predict", "kneighbors"}


def list_cases() -> list[Case]:
    """Return one case for each estimator that answers for samples that it was not fitted on."""
    cases = []
    for name in _EXPERIMENTS:
        importlib.import_module(f"sklearn.experimental.{name}")
    for name, estimator in all_estimators():
        if any(hasattr(estimator, method) for method in _METHODS) or name in MAKERS:
            cases.append(Case(_find_group(estimator), name, partial(_attempt, name, estimator)))
    return sorted(cases, key=lambda case: (case.group, case.name))


def _find_group(estimator: type) -> str:
    groups = {
        ClassifierMixin: "classifiers",
        RegressorMixin: "regressors",
        OutlierMixin: "outlier detectors",
        ClusterMixin: "clusterers",
        TransformerMixin: "transformers",
    }
    return next((group for kind, group in groups.items() if issubclass(estimator, kind)), "others")


def _attempt(name: str, estimator: Callable[[], Any], folder: Path) -> Outcome:
    table = choose_table(name, _find_group(estimator))  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of estimators that are deprecated, or do not converge on a small table
        model = MAKERS.get(name, estimator)()
        if "random_state" in model.get_params():
            model.set_params(random_state=0)
        model.fit(*((table.x_train,) if table.y_train is None else (table.x_train, table.y_train)))
        return try_model(model, table, folder)


def try_model(model: Any, table: Table, folder: Path) -> Outcome:
    """Convert a fitted model with all of its outputs, and compare the answers.

    Args:
        model: The fitted model.
        table: Its table.
        folder: An empty folder.
    """
    signature = Signature((table.spec,), tuple(_list_outputs(model, table)))
    config = ModelConfig(MODEL_NAME, "sklearn", training=TrainingSettings(metric=""), signature=signature)
    return convert_and_compare(config, FittedModel(model, _make_dataset(table), {}, 0.0), folder)


def _make_dataset(table: Table) -> Dataset:
    return Dataset(table.x_train, table.y_train, table.x_test, table.y_test, "made", "0" * 64)


def _list_outputs(model: Any, table: Table) -> Iterable[TensorSpec]:
    """Return every output that the model has, each with the shape that scikit-learn answers."""
    kind = find_kind(model)
    available = [answer for answer in ANSWERS.get(kind, ()) if hasattr(model, answer.method)]
    if any(answer.method == "predict_proba" for answer in available):
        available = [answer for answer in available if answer.method != "decision_function"]
    if not available:
        raise ConversionError(type(model).__name__, "answers for no samples that it was not fitted on", "")
    for answer in available:
        yield from _describe(model, answer, table, kind)


def _describe(model: Any, answer: Answer, table: Table, kind: str) -> Iterable[TensorSpec]:
    found = getattr(model, answer.method)(table.x_test)
    if answer.part is not None:
        found = found[answer.part]
    if isinstance(found, list):
        for index, scores in enumerate(found):
            yield TensorSpec(f"{answer.method}_{index}", FP32, (-1, scores.shape[1]))
        return
    found = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    labels = answer.method in _LABELS and INT64 in answer.datatypes and kind != "transformer"
    datatype: Datatype = BYTES if found.dtype.kind in "OSU" else INT64 if labels else FP32
    shape = (-1,) if found.ndim == 1 and datatype is not FP32 else (-1, *found.shape[1:]) if found.ndim > 1 else (-1, 1)
    name = answer.method if answer.part is None else answer.names[0]
    yield TensorSpec(name, datatype, shape)
