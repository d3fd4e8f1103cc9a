"""How the estimators are made that cannot be fitted without parts, or whose defaults need a special table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from sklearn import (
    compose,
    decomposition,
    ensemble,
    feature_extraction,
    feature_selection,
    frozen,
    gaussian_process,
    isotonic,
    linear_model,
    model_selection,
    multiclass,
    multioutput,
    neighbors,
    pipeline,
    preprocessing,
    random_projection,
    semi_supervised,
    tree,
)
from sklearn.feature_extraction import image

from benchmarks.tables.sklearn_data import make_table

_CLASSIFIER: Final = linear_model.LogisticRegression
_REGRESSOR: Final = linear_model.Ridge


def _freeze() -> Any:
    table = make_table("classes")
    return frozen.FrozenEstimator(_CLASSIFIER().fit(table.x_train, table.y_train))


MAKERS: Final[dict[str, Callable[[], Any]]] = {
    "ClassifierChain": lambda: multioutput.ClassifierChain(_CLASSIFIER(), random_state=0),
    "ColumnTransformer": lambda: compose.ColumnTransformer(
        [("scaled", preprocessing.StandardScaler(), [0, 1, 2]), ("ranged", preprocessing.MinMaxScaler(), [3, 4])],
        remainder="passthrough",
    ),
    "DictionaryLearning": lambda: decomposition.DictionaryLearning(4, max_iter=20, random_state=0),
    "FeatureUnion": lambda: pipeline.FeatureUnion(
        [("scaled", preprocessing.StandardScaler()), ("main", decomposition.PCA(2))]
    ),
    "FixedThresholdClassifier": lambda: model_selection.FixedThresholdClassifier(_CLASSIFIER(), threshold=0.3),
    "FrozenEstimator": _freeze,
    "FunctionTransformer": preprocessing.FunctionTransformer,
    "GaussianRandomProjection": lambda: random_projection.GaussianRandomProjection(3, random_state=0),
    "GenericUnivariateSelect": lambda: feature_selection.GenericUnivariateSelect(mode="k_best", param=3),
    "GaussianProcessClassifier": gaussian_process.GaussianProcessClassifier,
    "KernelPCA": lambda: decomposition.KernelPCA(3, kernel="rbf"),
    "RadiusNeighborsClassifier": lambda: neighbors.RadiusNeighborsClassifier(6.0),
    "RadiusNeighborsRegressor": lambda: neighbors.RadiusNeighborsRegressor(6.0),
    "RadiusNeighborsTransformer": lambda: neighbors.RadiusNeighborsTransformer(radius=3.0),
    "PatchExtractor": lambda: image.PatchExtractor(patch_size=(1, 2)),
    "GridSearchCV": lambda: model_selection.GridSearchCV(_CLASSIFIER(), {"C": [0.1, 1.0]}),
    "HalvingGridSearchCV": lambda: model_selection.HalvingGridSearchCV(_CLASSIFIER(), {"C": [0.1, 1.0]}),
    "HalvingRandomSearchCV": lambda: model_selection.HalvingRandomSearchCV(
        _CLASSIFIER(), {"C": [0.1, 1.0]}, random_state=0
    ),
    "MultiOutputClassifier": lambda: multioutput.MultiOutputClassifier(_CLASSIFIER()),
    "MultiOutputRegressor": lambda: multioutput.MultiOutputRegressor(_REGRESSOR()),
    "OneVsOneClassifier": lambda: multiclass.OneVsOneClassifier(_CLASSIFIER()),
    "OneVsRestClassifier": lambda: multiclass.OneVsRestClassifier(_CLASSIFIER()),
    "OutputCodeClassifier": lambda: multiclass.OutputCodeClassifier(_CLASSIFIER(), random_state=0),
    "Pipeline": lambda: pipeline.make_pipeline(preprocessing.StandardScaler(), _CLASSIFIER()),
    "RandomizedSearchCV": lambda: model_selection.RandomizedSearchCV(
        _CLASSIFIER(), {"C": [0.1, 1.0]}, n_iter=2, random_state=0
    ),
    "RFE": lambda: feature_selection.RFE(_CLASSIFIER(), n_features_to_select=3),
    "RFECV": lambda: feature_selection.RFECV(_CLASSIFIER()),
    "RegressorChain": lambda: multioutput.RegressorChain(_REGRESSOR(), random_state=0),
    "SelectFromModel": lambda: feature_selection.SelectFromModel(_CLASSIFIER()),
    "SelectKBest": lambda: feature_selection.SelectKBest(k=3),
    "SelfTrainingClassifier": lambda: semi_supervised.SelfTrainingClassifier(_CLASSIFIER()),
    "SequentialFeatureSelector": lambda: feature_selection.SequentialFeatureSelector(
        _CLASSIFIER(), n_features_to_select=3
    ),
    "SparseCoder": lambda: decomposition.SparseCoder(np.eye(8)),
    "SparseRandomProjection": lambda: random_projection.SparseRandomProjection(3, random_state=0),
    "StackingClassifier": lambda: ensemble.StackingClassifier(
        [("linear", _CLASSIFIER()), ("tree", tree.DecisionTreeClassifier(max_depth=3, random_state=0))]
    ),
    "StackingRegressor": lambda: ensemble.StackingRegressor(
        [("linear", _REGRESSOR()), ("tree", tree.DecisionTreeRegressor(max_depth=3, random_state=0))]
    ),
    "TransformedTargetRegressor": lambda: compose.TransformedTargetRegressor(
        _REGRESSOR(), func=np.log1p, inverse_func=np.expm1
    ),
    "TunedThresholdClassifierCV": lambda: model_selection.TunedThresholdClassifierCV(_CLASSIFIER()),
    "VotingClassifier": lambda: ensemble.VotingClassifier(
        [("linear", _CLASSIFIER()), ("tree", tree.DecisionTreeClassifier(max_depth=3, random_state=0))]
    ),
    "VotingRegressor": lambda: ensemble.VotingRegressor(
        [("linear", _REGRESSOR()), ("tree", tree.DecisionTreeRegressor(max_depth=3, random_state=0))]
    ),
    "IsotonicRegression": lambda: isotonic.IsotonicRegression(out_of_bounds="clip"),
    "LocalOutlierFactor": lambda: neighbors.LocalOutlierFactor(novelty=True),
    "FeatureHasher": lambda: feature_extraction.FeatureHasher(16, input_type="string"),
}
