"""Small tables of every kind that an estimator of scikit-learn asks for, the same in each run."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.signature import TensorSpec

FEATURES: Final = 8
_TRAINED, _HELD_OUT = 300, 200
_WORDS: Final = ("red", "green", "blue", "small", "large", "old", "new", "fast", "slow", "loud")


class Table(NamedTuple):
    """A table with a held-out part.

    Attributes:
        x_train: Samples.
        y_train: Their targets; None where there are none.
        x_test: Held-out samples.
        y_test: Their targets.
        spec: The input of the signature.
    """

    x_train: Any
    y_train: Any
    x_test: Any
    y_test: Any
    spec: TensorSpec


_BY_GROUP: Final = {
    "classifiers": "classes",
    "regressors": "numbers",
    "transformers": "classes",
    "clusterers": "groups",
    "outlier detectors": "none",
    "others": "classes",
}
_BY_NAME: Final = {
    **dict.fromkeys(("MultiOutputClassifier", "ClassifierChain"), "labels"),
    **dict.fromkeys(("MultiOutputRegressor", "RegressorChain", "MultiTaskElasticNet", "MultiTaskLasso"), "targets"),
    **dict.fromkeys(("MultiTaskElasticNetCV", "MultiTaskLassoCV", "CCA", "PLSCanonical", "PLSSVD"), "targets"),
    **dict.fromkeys(
        ("FixedThresholdClassifier", "TunedThresholdClassifierCV", "GaussianProcessClassifier"), "two classes"
    ),
    **dict.fromkeys(("GammaRegressor", "PoissonRegressor", "TransformedTargetRegressor"), "positive numbers"),
    **dict.fromkeys(("ComplementNB", "MultinomialNB", "AdditiveChi2Sampler"), "counts"),
    **dict.fromkeys(("NMF", "MiniBatchNMF", "LatentDirichletAllocation", "TfidfTransformer"), "counts"),
    **dict.fromkeys(("SelectFpr", "SelectFdr", "SelectFwe", "SkewedChi2Sampler", "BernoulliRBM"), "counts"),
    "CategoricalNB": "codes",
    **dict.fromkeys(("OneHotEncoder", "OrdinalEncoder", "TargetEncoder"), "codes"),
    "MissingIndicator": "blanks",
    **dict.fromkeys(("SimpleImputer", "KNNImputer", "IterativeImputer"), "blanks"),
    "IsotonicRegression": "one feature",
    **dict.fromkeys(("CountVectorizer", "TfidfVectorizer", "HashingVectorizer"), "texts"),
    **dict.fromkeys(("LabelBinarizer", "LabelEncoder"), "labels alone"),
    "MultiLabelBinarizer": "sets of labels",
    "DictVectorizer": "mappings",
    "FeatureHasher": "lists of words",
    "PatchExtractor": "pictures",
    "KernelCenterer": "kernel",
    "IsolationForest": "none",
}


def choose_table(name: str, group: str) -> Table:
    """Return the table for an estimator."""
    return make_table(_BY_NAME.get(name, _BY_GROUP[group]))


def make_table(kind: str) -> Table:
    """Return a table: one of the kinds that `_BY_NAME` and `_BY_GROUP` name."""
    draw = np.random.default_rng(7)
    count = _TRAINED + _HELD_OUT
    classes = np.arange(count) % 3
    x = (draw.normal(size=(count, FEATURES)) + classes[:, None] * np.linspace(0.5, 1.5, FEATURES)).astype(np.float32)
    value = (x @ np.linspace(-2, 3, FEATURES) + draw.normal(size=count)).astype(np.float64)
    spec = TensorSpec("features", FP32, (-1, FEATURES))
    texts = [" ".join(draw.choice(_WORDS, 6)) for _ in range(count)]
    tables: dict[str, tuple[Any, Any]] = {
        "classes": (x, classes),
        "two classes": (x, (classes > 0).astype(np.int64)),
        "groups": (x, None),
        "none": (x, None),
        "numbers": (x, value),
        "positive numbers": (x, np.abs(value) + 0.1),
        "targets": (x, np.c_[value, value**2, x[:, 0]]),
        "labels": (x, np.c_[classes > 0, x[:, 0] > 0, x[:, 1] > 1].astype(np.int64)),
        "counts": (np.floor(np.abs(x) * 3), classes),
        "codes": (np.floor(np.abs(x)).clip(0, 2), (classes > 0).astype(np.int64)),
        "blanks": (np.where(draw.random(x.shape) < 0.1, np.float32(np.nan), x), classes),
        "one feature": (x[:, :1], value),
        "kernel": (x[:, :FEATURES], None),
        "texts": (np.array(texts, dtype=object), classes),
        "labels alone": (classes, None),
        "sets of labels": ([{int(each), 3} for each in classes], None),
        "mappings": ([{"age": float(row[0]), "size": float(row[1])} for row in x], None),
        "lists of words": ([text.split() for text in texts], None),
        "pictures": (x.reshape(count, 2, 4), None),
    }
    samples, targets = tables[kind]
    specs = {
        "one feature": TensorSpec("features", FP32, (-1, 1)),
        "texts": TensorSpec("text", BYTES, (-1,)),
        "labels alone": TensorSpec("class", INT64, (-1,)),
        "pictures": TensorSpec("pictures", FP32, (-1, 2, 4)),
    }
    cut = FEATURES if kind == "kernel" else _TRAINED
    y = (None, None) if targets is None else (targets[:cut], targets[cut:])
    return Table(samples[:cut], y[0], samples[cut:], y[1], specs.get(kind, spec))
