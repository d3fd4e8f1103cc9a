"""Estimators and pipelines of scikit-learn, converted by skl2onnx.

outputs.py has the table of outputs by kind of model.

Saved models are pickles. They are recognized but not loaded, because loading a pickle runs code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.conversion.sklearn.answer_arrays import compute_answer
from pilotlight.conversion.sklearn.graph import convert_to_onnx
from pilotlight.conversion.sklearn.inputs import explain_refusals, make_samples
from pilotlight.conversion.sklearn.outputs import find_answer, find_kind
from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature

_PICKLES: Final = (".pkl", ".pickle", ".joblib")


class SklearnAdapter:
    """The adapter of scikit-learn. A model is a fitted estimator or pipeline."""

    name = "scikit-learn"
    tools: tuple[str, ...] = ("scikit-learn", "skl2onnx")

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
        samples = make_samples(model, inputs, signature)
        with explain_refusals():
            return {
                spec.name: compute_answer(model, find_answer(model, spec), samples, spec) for spec in signature.outputs
            }

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
            find_answer(model, spec)
        _check_classes(model, signature, where)
        (into / MODEL_NAME).write_bytes(convert_to_onnx(model, signature, config))


def _check_classes(model: Any, signature: Signature, where: str) -> None:
    """Raise ConversionError where the position of a score is not the number of its class.

    Metrics and class names use the position.
    """
    if find_kind(model) != "classifier" or not any(spec.datatype is FP32 for spec in signature.outputs):
        return
    found = getattr(model, "classes_", ())
    for one in found if isinstance(found, list) else [found]:
        classes = np.asarray(one)
        if classes.size and not np.array_equal(classes, np.arange(len(classes))):
            shown = ", ".join(map(str, classes.tolist()[:6]))
            raise ConversionError(
                where,
                f"was fitted on the classes {shown}, but scores are identified by their position",
                "Number the classes from 0, as load_classes does; [labels] in model.toml gives them names.",
            )
