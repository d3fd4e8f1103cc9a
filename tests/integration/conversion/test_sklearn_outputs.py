"""Each kind of scikit-learn model answers through the graph as it does itself, output by output."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import Birch, BisectingKMeans, MeanShift
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import NMF, PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import RFE
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import RandomizedSearchCV
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor, NearestNeighbors
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from pilotlight.conversion import convert, find_adapter
from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BYTES, FP32, INT64, Datatype
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

FEATURES = 6
X_SPEC = TensorSpec("features", FP32, (-1, FEATURES))


def samples(count: int = 300) -> tuple[Array, Array]:
    draw = np.random.default_rng(11)
    classes = np.arange(count) % 3
    return (draw.normal(size=(count, FEATURES)) + classes[:, None]).astype(np.float32), classes


X, CLASSES = samples()
VALUES = X @ np.arange(FEATURES)
TARGETS = np.c_[VALUES, X[:, 0] ** 2]
SEVERAL = np.c_[CLASSES, (X[:, 0] > 0).astype(int)]
LABELS = np.c_[CLASSES > 0, X[:, 0] > 0, X[:, 1] > 1].astype(int)


def output(name: str, datatype: Datatype, *sizes: int) -> TensorSpec:
    return TensorSpec(name, datatype, (-1, *sizes))


def answer(model: Any, folder: Path, *outputs: TensorSpec) -> tuple[NamedArrays, NamedArrays]:
    """The answers of the adapter and of the graph."""
    config = ModelConfig("m", "sklearn", signature=Signature((X_SPEC,), outputs))
    candidate = convert(model, config, folder)
    assert candidate.signature == config.signature
    wanted = find_adapter(model).predict(model, {"features": X}, candidate.signature)
    names = [spec.name for spec in outputs]
    found = open_session(folder / "model.onnx", 1).run({"features": Tensor.from_numpy(X, FP32)}, names)
    return wanted, dict(zip(names, (tensor.numpy() for tensor in found), strict=True))


LABEL = output("label", INT64)
CASES: dict[str, tuple[Any, Any, dict[str, TensorSpec]]] = {
    "a machine without probabilities": (
        LinearSVC(random_state=0),
        CLASSES,
        {"predict": LABEL, "decision_function": output("scores", FP32, 3)},
    ),
    "two classes, and one decision score": (
        RidgeClassifier(),
        CLASSES > 0,
        {"predict": LABEL, "decision_function": output("decision", FP32)},
    ),
    "probabilities and decision scores of one model": (
        LogisticRegression(),
        CLASSES,
        {
            "predict_proba": output("probabilities", FP32, 3),
            "decision_function": output("decision_scores", FP32, 3),
        },
    ),
    "a machine in a pipeline": (
        make_pipeline(StandardScaler(), SVC()),
        CLASSES,
        {"predict": LABEL, "decision_function": output("scores", FP32, 3)},
    ),
    "two targets of a line": (LinearRegression(), TARGETS, {"predict": output("value", FP32, 2)}),
    "two targets of a forest": (
        RandomForestRegressor(10, random_state=0),
        TARGETS,
        {"predict": output("value", FP32, 2)},
    ),
    "one regressor a target": (
        MultiOutputRegressor(LinearRegression()),
        TARGETS,
        {"predict": output("value", FP32, 2)},
    ),
    "a target without an axis": (LinearRegression(), VALUES, {"predict": output("value", FP32)}),
    "several labels of a network": (
        MLPClassifier((8,), solver="lbfgs", max_iter=5000, random_state=0),
        LABELS,
        {"predict": output("label", INT64, 3), "predict_proba": output("probabilities", FP32, 3)},
    ),
    "a chain": (
        ClassifierChain(LogisticRegression(), random_state=0),
        LABELS,
        {"predict": output("label", INT64, 3), "predict_proba": output("probabilities", FP32, 3)},
    ),
    "an isolation forest": (
        IsolationForest(n_estimators=20, random_state=0),
        None,
        {
            "predict": LABEL,
            "decision_function": output("score", FP32, 1),
            "score_samples": output("score_samples", FP32),
        },
    ),
    "a machine of one class": (
        OneClassSVM(nu=0.1),
        None,
        {"predict": LABEL, "decision_function": output("score", FP32)},
    ),
    "an ellipse": (
        EllipticEnvelope(random_state=0),
        None,
        {
            "predict": LABEL,
            "decision_function": output("score", FP32),
            "score_samples": output("score_samples", FP32),
        },
    ),
    "local outliers": (
        LocalOutlierFactor(novelty=True),
        None,
        {"predict": LABEL, "decision_function": output("score", FP32)},
    ),
    "a transformer": (PCA(2), None, {"transform": output("components", FP32, 2)}),
    "bins": (KBinsDiscretizer(3), None, {"transform": output("values", FP32, 3 * FEATURES)}),
    "bins as whole numbers": (
        KBinsDiscretizer(3, encode="ordinal"),
        None,
        {"transform": output("bins", INT64, FEATURES)},
    ),
    "subclusters": (Birch(n_clusters=3), None, {"predict": output("cluster", INT64)}),
    "centers": (MeanShift(), None, {"predict": output("cluster", INT64)}),
    "a tree of centers": (
        BisectingKMeans(4, random_state=0),
        None,
        {"predict": output("cluster", INT64), "transform": output("distances", FP32, 4)},
    ),
    "a mixture": (
        GaussianMixture(3, random_state=0),
        None,
        {
            "predict": output("component", INT64),
            "predict_proba": output("probabilities", FP32, 3),
            "score_samples": output("log_likelihood", FP32),
        },
    ),
    "boosted classes": (
        HistGradientBoostingClassifier(max_iter=5, random_state=0),
        CLASSES,
        {"predict": LABEL, "predict_proba": output("probabilities", FP32, 3)},
    ),
    "boosted values": (
        HistGradientBoostingRegressor(max_iter=5, random_state=0),
        VALUES,
        {"predict": output("value", FP32, 1)},
    ),
    "selected features": (
        RFE(LogisticRegression(), n_features_to_select=3),
        CLASSES,
        {"predict": LABEL, "predict_proba": output("probabilities", FP32, 3)},
    ),
    "a search": (
        RandomizedSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, n_iter=2, cv=2, random_state=0),
        CLASSES,
        {"predict": LABEL, "predict_proba": output("probabilities", FP32, 3)},
    ),
    "texts as classes": (
        LogisticRegression(),
        np.array(["ash", "birch", "cedar"])[CLASSES],
        {"predict": output("label", BYTES)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_output_is_what_the_method_answers(tmp_path: Path, name: str) -> None:
    model, y, methods = CASES[name]
    model.fit(X) if y is None else model.fit(X, y)
    wanted, found = answer(model, tmp_path, *methods.values())
    for method, spec in methods.items():
        direct = getattr(model, method)(X)
        direct = np.asarray(direct.toarray() if hasattr(direct, "toarray") else direct).reshape(found[spec.name].shape)
        if spec.datatype is BYTES:
            assert [text.decode() for text in found[spec.name]] == direct.tolist() == wanted[spec.name].tolist()
            continue
        np.testing.assert_array_equal(wanted[spec.name], direct.astype(spec.datatype.numpy), err_msg=method)
        np.testing.assert_allclose(found[spec.name], direct, rtol=1e-4, atol=3e-5, err_msg=method)


@pytest.mark.parametrize(
    "model",
    [
        MultiOutputClassifier(LogisticRegression()),
        RandomForestClassifier(10, random_state=0),
        ExtraTreesClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=4, random_state=0),
        KNeighborsClassifier(5),
    ],
    ids=lambda model: type(model).__name__,
)
def test_each_target_has_scores_of_its_own(tmp_path: Path, model: Any) -> None:
    model.fit(X, SEVERAL)
    outputs = (
        output("label", INT64, 2),
        output("probabilities_0", FP32, 3),
        output("probabilities_1", FP32, 2),
    )
    _, found = answer(model, tmp_path, *outputs)
    np.testing.assert_array_equal(found["label"], model.predict(X))
    for index, scores in enumerate(model.predict_proba(X)):
        np.testing.assert_allclose(found[f"probabilities_{index}"], scores, rtol=1e-4, atol=1e-5)


def test_scores_of_targets_with_as_many_classes_fit_into_one_output(tmp_path: Path) -> None:
    model = RandomForestClassifier(10, random_state=0).fit(X, LABELS)
    _, found = answer(model, tmp_path, output("probabilities", FP32, 3, 2))
    np.testing.assert_allclose(found["probabilities"], np.stack(model.predict_proba(X), axis=1), rtol=1e-4, atol=1e-5)


def test_targets_with_different_numbers_of_classes_need_an_output_each(tmp_path: Path) -> None:
    model = RandomForestClassifier(5, random_state=0).fit(X, SEVERAL)
    with pytest.raises(
        ConversionError, match=r"Give each target an output of its own: probabilities_0 of shape \[-1, 3\]"
    ):
        answer(model, tmp_path, output("probabilities", FP32, 2, 3))


def test_neighbors(tmp_path: Path) -> None:
    model = NearestNeighbors(n_neighbors=4).fit(X)
    _, found = answer(model, tmp_path, output("indices", INT64, 4), output("distances", FP32, 4))
    distances, indices = model.kneighbors(X)
    np.testing.assert_array_equal(found["indices"], indices)
    np.testing.assert_allclose(found["distances"], distances, rtol=1e-4, atol=1e-3)


def test_an_output_is_not_given_what_its_name_does_not_say(tmp_path: Path) -> None:
    model = SVC().fit(X, CLASSES)
    message = (
        r"output probabilities with the predict_proba of the model.*SVC answers INT64 \(its predict\), FP32 \(its d"
    )
    with pytest.raises(ConversionError, match=message):
        answer(model, tmp_path, output("probabilities", FP32, 3))


def test_the_reason_of_a_refusal_and_the_way_that_works_are_said(tmp_path: Path) -> None:
    model = make_pipeline(NMF(2, max_iter=500), LogisticRegression()).fit(np.abs(X), CLASSES)
    with pytest.raises(ConversionError, match=r"NMF solves an optimization problem for each sample.*PCA, FastICA"):
        answer(model, tmp_path, LABEL)


def test_two_outputs_may_hold_the_same_answer(tmp_path: Path) -> None:
    model = LinearRegression().fit(X, VALUES)
    _, found = answer(model, tmp_path, output("value", FP32, 1), output("copy", FP32, 1))
    np.testing.assert_array_equal(found["value"], found["copy"])


def test_a_target_that_the_model_does_not_have_is_named(tmp_path: Path) -> None:
    model = RandomForestClassifier(5, random_state=0).fit(X, SEVERAL)
    with pytest.raises(ConversionError, match="probabilities_2, and the model has 2 targets, counted from 0"):
        answer(model, tmp_path, output("probabilities_2", FP32, 2))
