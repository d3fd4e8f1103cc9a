"""scikit-learn's estimators and pipelines, through skl2onnx.

What a model answers is told by its kind; the signature chooses of it by datatype and gives it names:

    kind         INT64                    FP32
    classifier   predict, [-1]            predict_proba, [-1, classes]
    regressor                             predict, [-1, 1]
    clusterer    predict, [-1]            transform, [-1, clusters]: the distances

Saved models are pickles. They are recognised and not loaded, since loading one runs code.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from pilotlight.conversion.canonical import canonical
from pilotlight.core.artifacts import Array, Named
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.modelconfig import ModelConfig
from pilotlight_runtime.datatypes import FP32, INT64, Datatype
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature

_ML: Final = "ai.onnx.ml"
_ML_OPSET: Final = 3
_PICKLES: Final = (".pkl", ".pickle", ".joblib")


class SklearnAdapter:
    """A model is a fitted estimator or pipeline of scikit-learn."""

    name = "scikit-learn"
    tools = ("scikit-learn", "skl2onnx")

    def takes(self, model: Any) -> bool:
        kinds = type(model).__mro__
        return any(kind.__module__.startswith("sklearn.") and kind.__name__ == "BaseEstimator" for kind in kinds)

    def reads(self, path: Path) -> bool:
        return path.suffix.lower() in _PICKLES

    def load(self, path: Path) -> Any:
        raise ConversionError(str(path), "is not loaded: scikit-learn's files run code", "Train it with train.py.")

    def predict(self, model: Any, inputs: Named, signature: Signature) -> Named:
        """In scikit-learn's own precision; the answers are rounded to the signature's datatypes at the end."""
        samples = inputs[signature.inputs[0].name]
        found = {}
        for spec in signature.outputs:
            answer = np.asarray(getattr(model, _method(model, spec.datatype))(samples))
            if spec.datatype is FP32 and answer.ndim == 1:
                answer = answer[:, None]
            found[spec.name] = _rounded(answer, spec.datatype)
        return found

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:
        signature = config.signature
        if signature is None:
            raise ConversionError(f"model {config.name!r}", "has no [signature]", "Name its inputs and outputs.")
        where = f"model {config.name!r}"
        for spec in signature.outputs:
            _method(model, spec.datatype)
        _check_classes(model, signature, where)
        graph = _converted(model, signature, config)
        _keep_outputs(graph.graph, signature, where)
        _tidy_opsets(graph)
        content = canonical(graph, signature).SerializeToString(deterministic=True)
        (into / MODEL_NAME).write_bytes(content)


def _method(model: Any, datatype: Datatype) -> str:
    """The method whose answer has that datatype; ConversionError where the model has none."""
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
    """ConversionError where a score's place is not its class's number: metrics and names go by the place."""
    classes = np.asarray(getattr(model, "classes_", ()))
    scores = any(spec.datatype is FP32 for spec in signature.outputs)
    if scores and classes.size and not np.array_equal(classes, np.arange(len(classes))):
        shown = ", ".join(map(str, classes.tolist()[:6]))
        raise ConversionError(
            where,
            f"was fitted on the classes {shown}, but scores are told apart by their place",
            "Number the classes from 0, as load_classes does; [labels] in model.toml gives them names.",
        )


def _converted(model: Any, signature: Signature, config: ModelConfig) -> onnx.ModelProto:
    where = f"model {config.name!r}"
    spec = signature.inputs[0]
    if len(signature.inputs) != 1 or spec.datatype is not FP32 or len(spec.shape) != 2 or spec.shape[1] < 1:
        raise ConversionError(
            where, "needs one input of FP32 and shape [-1, features]", "Correct [[signature.inputs]] in model.toml."
        )
    fitted_on = getattr(model, "n_features_in_", spec.shape[1])
    if fitted_on != spec.shape[1]:
        raise ConversionError(
            "[signature] in model.toml",
            f"gives the input {spec.name} {spec.shape[1]} features, and the model was fitted on {fitted_on}",
            "Correct its shape, or the data.",
        )
    try:
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType
    except ImportError as error:
        raise ConversionError(
            where, f"cannot be converted ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # skl2onnx reads attributes that scikit-learn is giving up
            found: onnx.ModelProto = convert_sklearn(
                model,
                initial_types=[("features", FloatTensorType([None, spec.shape[1]]))],
                target_opset={"": config.conversion.opset, _ML: _ML_OPSET},
                options=options,
            )
    except Exception as error:
        # skl2onnx raises every kind of error for what it cannot convert.
        raise ConversionError(
            where,
            f"cannot be converted to ONNX opset {config.conversion.opset} ({kind_and_first_line(error)})",
            "Choose an estimator that skl2onnx supports, or `opset` under [conversion] in model.toml.",
        ) from error
    return found


def _keep_outputs(graph: onnx.GraphProto, signature: Signature, where: str) -> None:
    """Leaves the outputs that the signature names, in its order. Each kind of model has one of each datatype."""
    by_type = {value.type.tensor_type.elem_type: value for value in graph.output}
    missing = [spec.name for spec in signature.outputs if spec.datatype.onnx not in by_type]
    if missing:
        raise ConversionError(where, f"has no output for {', '.join(missing)} once converted", "Correct [signature].")
    kept = []
    for spec in signature.outputs:
        value = onnx.ValueInfoProto()
        value.CopyFrom(by_type[spec.datatype.onnx])
        kept.append(value)
    del graph.output[:]
    graph.output.extend(kept)


def _tidy_opsets(model: onnx.ModelProto) -> None:
    """Each domain once, in order: skl2onnx may list one several times."""
    versions: dict[str, int] = {}
    for entry in model.opset_import:
        versions[entry.domain] = max(versions.get(entry.domain, 0), entry.version)
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))


def _rounded(answer: Array, datatype: Datatype) -> Array:
    if datatype is INT64 and answer.dtype.kind not in "iu":
        raise ConversionError(
            "train.py", f"fits classes of {answer.dtype}", "Number the classes 0, 1, …; `load_classes` does."
        )
    return answer.astype(datatype.numpy)
