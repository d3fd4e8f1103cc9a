"""Converts a scikit-learn model to an ONNX graph."""

from __future__ import annotations

import warnings
from typing import Any, Final

import onnx

from pilotlight.conversion.canonicalize import canonicalize
from pilotlight.conversion.guards import guard_operators
from pilotlight.conversion.sklearn_blanks import replace_blanks
from pilotlight.conversion.sklearn_encoders import register_encoders
from pilotlight.conversion.sklearn_inputs import attach_inputs, list_initial_types, takes_columns
from pilotlight.conversion.sklearn_texts import list_text_options, set_locale
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.signature import Signature

_ML: Final = "ai.onnx.ml"
_ML_OPSET: Final = 3


def convert_to_onnx(model: Any, signature: Signature, config: ModelConfig) -> bytes:
    """Convert a fitted estimator or pipeline to ONNX.

    Args:
        model: The estimator or pipeline.
        signature: The outputs to keep, and their names.
        config: The configuration of the model.

    Returns:
        The content of model.onnx.

    Raises:
        ConversionError: The model cannot be converted, or does not fit the signature.
    """
    model = replace_blanks(model)
    graph = _convert(model, signature, config)
    attach_inputs(graph.graph, model, signature)
    set_locale(graph)
    _keep_outputs(graph.graph, signature, f"model {config.name!r}")
    _merge_opsets(graph)
    result = canonicalize(graph, signature)
    guard_operators(result, f"model {config.name!r}")
    content: bytes = result.SerializeToString(deterministic=True)
    return content


def _list_types(model: Any, signature: Signature, where: str) -> list[tuple[str, Any]]:
    """Return the inputs of the graph with their types, as skl2onnx takes them.

    Raises:
        ConversionError: The signature does not describe the table that the model was fitted on.
    """
    spec = signature.inputs[0]
    if takes_columns(signature) or (spec.datatype is BYTES and len(spec.shape) == 2):
        return list_initial_types(model, signature)
    if spec.datatype is not FP32 or len(spec.shape) != 2 or spec.shape[1] < 1:
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
    return list_initial_types(model, signature)


def _convert(model: Any, signature: Signature, config: ModelConfig) -> onnx.ModelProto:
    where = f"model {config.name!r}"
    try:
        from skl2onnx import convert_sklearn
    except ImportError as error:
        raise ConversionError(
            where, f"cannot be converted ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error
    register_encoders()
    types = _list_types(model, signature, where)
    options = list_text_options(model)
    if hasattr(model, "predict_proba"):
        options[id(model)] = {"zipmap": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # skl2onnx reads attributes that scikit-learn has deprecated
            found: onnx.ModelProto = convert_sklearn(
                model,
                initial_types=types,
                target_opset={"": config.conversion.opset, _ML: _ML_OPSET},
                options=options or None,
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
    """Keep the outputs of the signature, in its order. Each kind of model has one output of each datatype."""
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


def _merge_opsets(model: onnx.ModelProto) -> None:
    """List each domain once, in order. skl2onnx may list one several times."""
    versions: dict[str, int] = {}
    for entry in model.opset_import:
        versions[entry.domain] = max(versions.get(entry.domain, 0), entry.version)
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))
