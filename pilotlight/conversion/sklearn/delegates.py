"""Models of scikit-learn that answer with another model which they hold: searches, frozen models, selectors."""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np

_HOLDERS: Final = {
    "GridSearchCV": "best_estimator_",
    "RandomizedSearchCV": "best_estimator_",
    "HalvingGridSearchCV": "best_estimator_",
    "HalvingRandomSearchCV": "best_estimator_",
    "FrozenEstimator": "estimator",
    "SelfTrainingClassifier": "estimator_",
}
"""The attribute that holds the model which answers, by class."""
_SELECTORS: Final = ("RFE", "RFECV")
"""They predict with `estimator_` on the features that they select."""


def find_delegate(model: Any) -> Any:
    """Return the model that answers for `model`: itself, or the one that it holds."""
    while attribute := _HOLDERS.get(_name(model), ""):
        if not hasattr(model, attribute):
            break
        model = getattr(model, attribute)
    return model


def resolve_delegates(model: Any) -> Any:
    """Return an equal model without holders at its end, as converters take it.

    Args:
        model: The fitted estimator or pipeline. It stays as it is.

    Returns:
        The model that answers. A pipeline that ends in a holder becomes one that ends in what it holds, and a selector
        that predicts becomes a pipeline of the selector and its estimator.
    """
    from sklearn.pipeline import Pipeline

    model = find_delegate(model)
    if _name(model) in _SELECTORS and hasattr(model, "predict"):
        return Pipeline([("select", model), ("estimator", resolve_delegates(model.estimator_))])
    if _name(model) == "RandomTreesEmbedding" and model.sparse_output:
        return _make_dense(model)
    if isinstance(getattr(model, "classes_", None), list):
        return _separate_targets(model)
    if _name(model) != "Pipeline":
        return model
    name, last = model.steps[-1]
    resolved = last if last in (None, "passthrough") else resolve_delegates(last)
    if resolved is last:
        return model
    return Pipeline([*model.steps[:-1], (name, resolved)])


def find_final_estimator(model: Any) -> Any:
    """Return the last step of a pipeline, or the model itself; of a holder, that of what it holds."""
    model = resolve_delegates(model)
    if _name(model) != "Pipeline":
        return model
    last = next((step for _, step in reversed(model.steps) if step not in (None, "passthrough")), model)
    return model if last is model else find_final_estimator(last)


def _make_dense(model: Any) -> Any:
    """Return a copy that answers with an array. Its numbers are the same, and skl2onnx refuses sparse matrices."""
    dense = copy.copy(model)
    dense.sparse_output = False
    return dense


def _separate_targets(model: Any) -> Any:
    """Return an equal model of several targets that skl2onnx converts with any number of classes for each.

    A search for neighbors becomes one for each target. A tree becomes a forest of one tree.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.multioutput import MultiOutputClassifier

    if _name(model) == "KNeighborsClassifier":
        separate = MultiOutputClassifier(model)
        separate.estimators_ = [_take_target(model, index) for index in range(len(model.classes_))]
        separate.classes_ = model.classes_
        return separate
    if _name(model) in ("DecisionTreeClassifier", "ExtraTreeClassifier"):
        forest = RandomForestClassifier(1)
        forest.estimators_ = [model]
        for name in ("classes_", "n_classes_", "n_outputs_", "n_features_in_"):
            setattr(forest, name, getattr(model, name))
        return forest
    return model


def _take_target(model: Any, index: int) -> Any:
    """Return a copy of a search for neighbors that answers for one target."""
    one = copy.copy(model)
    learned = {"_y": np.asarray(vars(model)["_y"])[:, index], "classes_": model.classes_[index], "outputs_2d_": False}
    for name, value in learned.items():
        setattr(one, name, value)
    return one


def _name(model: Any) -> str:
    """Return the name of a class of scikit-learn; "" for any other class."""
    kind = type(model)
    return kind.__name__ if kind.__module__.startswith("sklearn.") else ""
