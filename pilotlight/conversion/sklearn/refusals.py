"""Estimators that cannot be converted, each with its reason and the way that works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pilotlight.core.errors import ConversionError

_ITERATES: Final = "solves an optimization problem for each sample, by iterations until they converge"
_PARAMETERS: Final = "PCA, FastICA, SparsePCA and FactorAnalysis transform by a formula."
_MAPPINGS: Final = "Give each word or number a column of its own; ColumnTransformer and OneHotEncoder convert."
REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "DictVectorizer": ("reads mappings, which a tensor cannot hold", _MAPPINGS),
    "DictionaryLearning": (_ITERATES, _PARAMETERS),
    "FeatureHasher": ("hashes words by MurmurHash, which ONNX does not have", _MAPPINGS),
    "GaussianProcessClassifier": (
        "solves a system of equations for each sample, which ONNX has no operator for",
        "GaussianProcessRegressor, SVC and LogisticRegression convert.",
    ),
    "HashingVectorizer": (
        "hashes words by MurmurHash, which ONNX does not have",
        "CountVectorizer and TfidfVectorizer keep a vocabulary, and convert.",
    ),
    "LatentDirichletAllocation": (_ITERATES, _PARAMETERS),
    "LocallyLinearEmbedding": (
        "solves a system of equations for each sample, which ONNX has no operator for",
        "Isomap and KernelPCA convert.",
    ),
    "MiniBatchDictionaryLearning": (_ITERATES, _PARAMETERS),
    "MiniBatchNMF": (_ITERATES, _PARAMETERS),
    "MultiLabelBinarizer": (
        "reads sets of labels, which a tensor cannot hold",
        "Apply it to y in load; the model answers with the columns.",
    ),
    "NMF": (_ITERATES, _PARAMETERS),
    "PatchExtractor": (
        "answers with several patches for a picture, not with one answer for a sample",
        "Extract patches in load, and let callers send patches.",
    ),
    "SparseCoder": (_ITERATES, _PARAMETERS),
}
"""Why, and what to do instead, by the name of the class."""


def check_estimators(model: Any, where: str) -> None:
    """Raise ConversionError where a model has a step that is known not to convert.

    Args:
        model: The fitted estimator or pipeline.
        where: The name of the model.
    """
    for step in list_steps(model):
        kind = type(step)
        if kind.__module__.startswith("sklearn.") and kind.__name__ in REFUSALS:
            reason, hint = REFUSALS[kind.__name__]
            raise ConversionError(where, f"cannot be converted: {kind.__name__} {reason}", hint)


def list_steps(model: Any) -> Iterator[Any]:
    """Yield a model and, for pipelines, unions and column transformers, every step in it."""
    yield model
    steps = [step for _, step in getattr(model, "steps", ()) or ()]
    steps += [step for _, step in getattr(model, "transformer_list", ()) or ()]
    steps += [entry[1] for entry in getattr(model, "transformers_", ()) or ()]
    for step in steps:
        if hasattr(step, "get_params"):
            yield from list_steps(step)
