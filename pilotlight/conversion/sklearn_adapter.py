"""Estimators and pipelines of scikit-learn, converted by skl2onnx.

The kind of the model decides its outputs. The signature selects them by datatype and names them:

    kind         INT64                    FP32
    classifier   predict, [-1]            predict_proba, [-1, classes]
    regressor                             predict, [-1, 1]
    clusterer    predict, [-1]            transform, [-1, clusters]: the distances

Saved models are pickles. They are recognized but not loaded, because loading a pickle runs code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.conversion.sklearn_graph import convert_to_onnx
from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import FP32, INT64, Datatype
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature

_PICKLES: Final = (".pkl", ".pickle", ".joblib")


class SklearnAdapter:
    """The adapter of scikit-learn. A model is a fitted estimator or pipeline."""

    name = "scikit-learn"
    tools = ("scikit-learn", "skl2onnx")

    def accepts(self, model: Any) -> bool:
        """Return whether `model` is an estimator, without importing scikit-learn."""
        kinds = type(model).__mro__
        return any(kind.__module__.startswith("sklearn.") and kind.__name__ == "BaseEstimator" for kind in kinds)

    def accepts_file(self, path: Path) -> bool:
        """Return whether the suffix of `path` is that of a pickle."""
        return path.suffix.lower() in _PICKLES

    def load(self, path: Path) -> Any:
        """Raise ConversionError: loading a pickle runs code."""
        name = path.name.replace('"', "")
        hint = (
            f'Let train.py load it, if you trust it: `def train(data, run): return joblib.load("{name}")` with the '
            "path of the file; then run `pilotlight train`."
        )
        raise ConversionError(str(path), "is not loaded: loading a pickle runs code", hint)

    def predict(self, model: Any, inputs: NamedArrays, signature: Signature) -> NamedArrays:
        """Compute the outputs in scikit-learn's precision, and then round them to the datatypes of the signature."""
        samples = inputs[signature.inputs[0].name]
        found = {}
        for spec in signature.outputs:
            answer = np.asarray(getattr(model, _find_method(model, spec.datatype))(samples))
            if spec.datatype is FP32 and answer.ndim == 1:
                answer = answer[:, None]
            found[spec.name] = _cast_output(answer, spec.datatype)
        return found

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        """Write a model as model.onnx.

        Raises:
            ConversionError: The model cannot be converted, or does not fit [signature].
        """
        signature = config.signature
        if signature is None:
            raise ConversionError(
                f"model {config.name!r}", "has no [signature]", "Describe its inputs and outputs in model.toml."
            )
        where = f"model {config.name!r}"
        for spec in signature.outputs:
            _find_method(model, spec.datatype)
        _check_classes(model, signature, where)
        (into / MODEL_NAME).write_bytes(convert_to_onnx(model, signature, config))


def _find_method(model: Any, datatype: Datatype) -> str:
    """Return the name of the method whose result has a datatype; ConversionError where the model has none."""
    from sklearn.base import is_classifier, is_clusterer, is_regressor

    if is_classifier(model):
        kind, methods = "classifier", {"INT64": "predict", "FP32": "predict_proba"}
    elif is_regressor(model):
        kind, methods = "regressor", {"FP32": "predict"}
    elif is_clusterer(model):
        kind, methods = "clusterer", {"INT64": "predict", "FP32": "transform"}
    else:
        raise ConversionError(
            f"a model of type {type(model).__name__}",
            "is neither a classifier nor a regressor nor a clusterer",
            "Return one of these from train, or a pipeline that ends in one.",
        )
    available = {name: method for name, method in methods.items() if hasattr(model, method)}
    if datatype.name not in available:
        shown = ", ".join(f"{name} (its {method})" for name, method in available.items()) or "nothing"
        raise ConversionError(
            "[signature] in model.toml",
            f"has an output of {datatype.name}, and a {kind} of type {type(model).__name__} answers {shown}",
            "Correct the output's datatype, or train a model that answers it.",
        )
    return available[datatype.name]


def _check_classes(model: Any, signature: Signature, where: str) -> None:
    """Raise ConversionError where the position of a score is not the number of its class.

    Metrics and class names use the position.
    """
    classes = np.asarray(getattr(model, "classes_", ()))
    scores = any(spec.datatype is FP32 for spec in signature.outputs)
    if scores and classes.size and not np.array_equal(classes, np.arange(len(classes))):
        shown = ", ".join(map(str, classes.tolist()[:6]))
        raise ConversionError(
            where,
            f"was fitted on the classes {shown}, but scores are identified by their position",
            "Number the classes from 0, as load_classes does; [labels] in model.toml gives them names.",
        )


def _cast_output(answer: Array, datatype: Datatype) -> Array:
    if datatype is INT64 and answer.dtype.kind not in "iu":
        raise ConversionError(
            "train.py", f"fits classes of {answer.dtype}", "Number the classes 0, 1, …; `load_classes` does."
        )
    return answer.astype(datatype.numpy)
