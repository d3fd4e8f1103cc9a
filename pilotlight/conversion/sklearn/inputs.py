"""The inputs of a scikit-learn model: one matrix, or one for each column of the frame that it was fitted on.

A column is an input of shape [-1] or [-1, 1], named as the column. attach.py joins the inputs to the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from pilotlight.conversion.sklearn.blanks import find_blanks
from pilotlight.conversion.sklearn.walk import find_first_step, name_columns, walk_columns
from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import first_line
from pilotlight.core.frames import is_blank
from pilotlight.core.printable import join_names
from pilotlight_runtime.datatypes import BYTES, FP32, FP64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

MATRIX: Final = "features"
"""The name of a matrix inside of the graph."""
_INTEGERS: Final = tuple("bBhHiIqQ")
"""The formats of whole numbers."""
_ENCODERS: Final = ("OneHotEncoder", "OrdinalEncoder")
"""Steps that take columns of several datatypes."""
_SELECTORS: Final = ("ColumnTransformer", "FeatureUnion")
"""Steps that need their columns apart, by name or by datatype."""


def takes_columns(signature: Signature) -> bool:
    """Return whether a model has an input for each column, in place of one matrix."""
    return len(signature.inputs) > 1 or len(signature.inputs[0].shape) == 1


def make_samples(model: Any, inputs: NamedArrays, signature: Signature) -> Any:
    """Return samples as a model was fitted on them.

    Args:
        model: The fitted model.
        inputs: Arrays by input name, samples along the first axis.
        signature: The inputs and outputs of the model.

    Returns:
        A pandas frame where the model was fitted on named columns, else one array.

    Raises:
        ConversionError: There are several inputs, and the model was not fitted on these columns.
    """
    names = list_columns(model)
    if takes_columns(signature) and (names or len(signature.inputs) > 1):
        check_columns(model, signature)
        return _make_frame({name: inputs[name].reshape(len(inputs[name])) for name in names}, find_blanks(model))
    matrix = inputs[signature.inputs[0].name]
    if names and matrix.ndim == 2 and matrix.shape[1] == len(names):
        return _make_frame(dict(zip(names, matrix.T, strict=True)), {})
    return matrix


@contextmanager
def explain_refusals() -> Iterator[None]:
    """Report held-out samples that a model refuses to answer, inside the block.

    Raises:
        ConversionError: The model refused a sample, such as an unknown category or NaN.
    """
    try:
        yield
    except ValueError as error:
        reason = first_line(error)
        if "unknown categories" in reason:
            hint = "Set handle_unknown of the encoder, or list every category in its `categories`."
        else:
            hint = "Fit a model that answers every sample, such as one with a SimpleImputer for blanks."
        raise ConversionError("the held-out samples", f"are refused by the model ({reason})", hint) from error


def list_columns(model: Any) -> list[str]:
    """Return the columns of the frame that a model was fitted on, in its order; none where it was no frame."""
    return [str(name) for name in getattr(model, "feature_names_in_", ())]


def check_columns(model: Any, signature: Signature) -> None:
    """Raise ConversionError where the inputs of a signature are not the columns that a model was fitted on."""
    names, inputs = list_columns(model), [spec.name for spec in signature.inputs]
    where = "[signature] in model.toml"
    if not names:
        what = f"has the inputs {join_names(inputs)}, and the model was fitted on an array, whose columns have no names"
        raise ConversionError(where, what, "Fit it on a frame with these columns, as load_table returns one.")
    missing, extra = [name for name in names if name not in inputs], [name for name in inputs if name not in names]
    if missing or extra:
        parts = [f"lacks {join_names(missing)}, which the model was fitted on"] if missing else []
        parts += [f"has {join_names(extra)}, which the model was not fitted on"] if extra else []
        hint = f"The columns of the training frame are {join_names(names)}; name the inputs in model.toml so."
        raise ConversionError(where, " and ".join(parts), hint)
    for spec in signature.inputs:
        if spec.shape not in ((-1,), (-1, 1)):
            what = f"gives the column {spec.name} the shape {list(spec.shape)}"
            raise ConversionError(where, what, "A column has the shape [-1]: one value for each sample.")


def list_initial_types(model: Any, signature: Signature) -> list[tuple[str, Any]]:
    """Return the inputs of a model with their types, as skl2onnx takes them.

    Args:
        model: The fitted model.
        signature: Its inputs are columns, see `takes_columns`, or one matrix of words.

    Returns:
        One for each column in the model's order. Columns become one matrix where all have one kind and no step of the
        model needs them apart.

    Raises:
        ConversionError: The inputs are not the columns that the model was fitted on.
    """
    specs = {spec.name: spec for spec in signature.inputs}
    names = list_columns(model)
    if not takes_columns(signature) and names and type(find_first_step(model)).__name__ in _SELECTORS:
        return [(name, _find_type(signature.inputs[0].datatype, 1)) for name in names]
    if not takes_columns(signature) or (len(specs) == 1 and not names):
        (spec,) = specs.values()
        return [(MATRIX, _find_type(spec.datatype, spec.shape[1] if len(spec.shape) > 1 else 1))]
    check_columns(model, signature)
    words = {specs[name].datatype is BYTES for name in names}
    if len(words) == 1 and len(names) > 1 and type(find_first_step(model)).__name__ not in _SELECTORS:
        return [(MATRIX, _find_type(BYTES if words == {True} else FP32, len(names)))]
    kept = _find_whole(model, specs)
    return [(name, _find_type(specs[name].datatype if name in kept else FP32, 1)) for name in names]


def _find_whole(model: Any, specs: Mapping[str, TensorSpec]) -> set[str]:
    """Return the columns that keep their datatype in the graph; other numbers become floats there.

    Those are the words, and the numbers that nothing but an encoder takes: a float cannot hold every whole number.

    Raises:
        ConversionError: A step takes words and numbers together, which skl2onnx would make words.
    """
    kept = {name for name, spec in specs.items() if spec.datatype in (BYTES, FP64)}
    others: set[str] = set()
    for step, columns in walk_columns(model):
        names = name_columns(model, columns)
        encodes = type(step).__name__ in _ENCODERS
        (kept if encodes else others).update(name for name in names if specs[name].datatype.format in _INTEGERS)
        if (
            not encodes
            and type(step).__name__ not in _SELECTORS
            and len({specs[name].datatype is BYTES for name in names}) > 1
        ):
            raise ConversionError(
                "train.py",
                f"gives {type(step).__name__} words and numbers together: {join_names(names)}",
                "Give the words and the numbers a step each in the ColumnTransformer.",
            )
    return kept - others


def _find_type(datatype: Datatype, width: int) -> Any:
    """Return skl2onnx's type: words, doubles, whole numbers or single precision."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    if datatype is BYTES:
        kind = StringTensorType
    elif datatype is FP64:
        kind = DoubleTensorType
    elif datatype.format in _INTEGERS:
        kind = Int64TensorType
    else:
        kind = FloatTensorType
    return kind([None, width])


def _make_frame(columns: dict[str, Array], blanks: dict[str, Any]) -> Any:
    """Return columns as a frame. blanks: what stands for a blank word, by column."""
    try:
        import pandas as pd
    except ImportError as error:
        hint = "Run `pip install 'pilotlight[tables]'`."
        raise ConversionError("the model", "was fitted on a frame, and pandas is not installed", hint) from error
    filled = {name: _fill(column, blanks[name]) if name in blanks else column for name, column in columns.items()}
    return pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in filled.items()})


def _fill(column: Array, blank: Any) -> Array:
    found = column.astype(object)
    found[np.array([value == "" or is_blank(value) for value in column.tolist()], bool)] = blank
    return found
