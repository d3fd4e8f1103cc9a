"""Computes the outputs of a scikit-learn model, each with the datatype and the rank of the signature."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.outputs import Answer
from pilotlight.conversion.sklearn.targets import take_target
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BYTES, INT64
from pilotlight_runtime.signature import TensorSpec


def compute_answer(model: Any, answer: Answer, samples: Any, spec: TensorSpec) -> Array:
    """Compute one output in scikit-learn's precision, and then round it to the datatype of the output.

    Args:
        model: The fitted estimator or pipeline.
        answer: The result that the output takes.
        samples: The samples, as the model was fitted on them.
        spec: The output.

    Raises:
        ConversionError: The result does not have the datatype of the output.
    """
    found = getattr(model, answer.method)(samples)
    if answer.part is not None:
        found = found[answer.part]
    elif isinstance(found, list):
        found = take_target(found, spec)
    elif isinstance(found, tuple):  # cross decomposition returns the scores of y too, where it gets y
        found = found[0]
    if hasattr(found, "toarray"):  # a sparse matrix
        found = found.toarray()
    return _cast(_set_rank(np.asarray(found), spec), spec)


def _set_rank(answer: Array, spec: TensorSpec) -> Array:
    """Give one number for each sample the rank of the output: [n] or [n, 1]."""
    if len(spec.shape) == 1 and answer.ndim == 2 and answer.shape[1] == 1:
        return answer[:, 0]
    return answer[:, None] if len(spec.shape) == 2 and answer.ndim == 1 else answer


def _cast(answer: Array, spec: TensorSpec) -> Array:
    if spec.datatype is BYTES:
        if answer.dtype.kind not in "OSU":
            raise ConversionError(
                "[signature] in model.toml",
                f"has the output {spec.name} of BYTES, and the model answers numbers",
                "Correct its datatype.",
            )
        return answer.astype(object)
    if spec.datatype is INT64 and not _is_whole(answer):
        raise ConversionError(
            "train.py",
            f"fits a model whose output {spec.name} is {answer.dtype}, not whole numbers",
            "Number the classes 0, 1, …; `load_classes` does. Or correct the output's datatype in model.toml.",
        )
    return answer.astype(spec.datatype.numpy)


def _is_whole(answer: Array) -> bool:
    if answer.dtype.kind in "iub":
        return True
    return answer.dtype.kind == "f" and bool(np.all(answer == np.rint(answer)))
