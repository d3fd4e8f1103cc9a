"""Converts a scikit-learn model to an ONNX graph."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import onnx

from pilotlight.conversion.canonicalize import canonicalize
from pilotlight.conversion.guards import guard_operators
from pilotlight.conversion.root_cause import describe_root_cause, find_root_cause
from pilotlight.conversion.sklearn.attach import attach_inputs
from pilotlight.conversion.sklearn.blanks import replace_blanks
from pilotlight.conversion.sklearn.boosting_converters import register_boosters
from pilotlight.conversion.sklearn.converters import register_converters
from pilotlight.conversion.sklearn.delegates import find_final_estimator, resolve_delegates
from pilotlight.conversion.sklearn.empty_columns import check_empty_columns
from pilotlight.conversion.sklearn.encoders import register_encoders
from pilotlight.conversion.sklearn.inputs import list_initial_types, takes_columns
from pilotlight.conversion.sklearn.merge import merge_graphs
from pilotlight.conversion.sklearn.not_convertible import NotConvertible
from pilotlight.conversion.sklearn.outputs import Answer, find_answer, find_kind
from pilotlight.conversion.sklearn.refusals import check_estimators
from pilotlight.conversion.sklearn.results import keep_outputs
from pilotlight.conversion.sklearn.texts import list_text_options, set_locale
from pilotlight.core.errors import ConversionError
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
    where = f"model {config.name!r}"
    check_estimators(model, where)
    check_empty_columns(model)
    model = replace_blanks(resolve_delegates(model))
    answers = [find_answer(model, spec) for spec in signature.outputs]
    options = [_find_option(model, answer) for answer in answers]
    graphs = {option: _convert(model, signature, config, option) for option in dict.fromkeys(options)}
    names = [
        _find_name(graphs[option].graph, answer, model, where) for option, answer in zip(options, answers, strict=True)
    ]
    graph, prefixes = merge_graphs(graphs)
    names = [prefixes[option] + name for option, name in zip(options, names, strict=True)]
    names = [_add_offset(graph.graph, name, model, answer) for name, answer in zip(names, answers, strict=True)]
    attach_inputs(graph.graph, model, signature)
    set_locale(graph)
    keep_outputs(graph, names, signature, _count_classes(model), where)
    _merge_opsets(graph)
    result = canonicalize(graph, signature)
    guard_operators(result, where)
    content: bytes = result.SerializeToString(deterministic=True)
    return content


def _find_option(model: Any, answer: Answer) -> str:
    """Return the option of skl2onnx that a converter needs to return the result of a method; "" for none."""
    if answer.method == "decision_function" and hasattr(model, "predict_proba"):
        return "raw_scores"
    return answer.method if answer.method == "score_samples" and find_kind(model) == "mixture" else ""


def _find_name(graph: onnx.GraphProto, answer: Answer, model: Any, where: str) -> str:
    """Return the name of a result among the outputs of the converted graph."""
    place = 1 if find_kind(model) == "outlier detector" and answer.place else answer.place
    if place >= len(graph.output):
        raise ConversionError(
            where,
            f"converts without its {answer.method}",
            "Remove the output from [signature] in model.toml, or choose another estimator.",
        )
    name: str = graph.output[place].name
    return name


def _count_classes(model: Any) -> list[int]:
    """Return the number of classes of each target of a classifier; none where it has one target."""
    classes = getattr(find_final_estimator(model), "classes_", None)
    return [len(each) for each in classes] if isinstance(classes, list) else []


def _add_offset(graph: onnx.GraphProto, name: str, model: Any, answer: Answer) -> str:
    """Turn the decision scores of an outlier detector into score_samples: the same less the threshold, `offset_`."""
    if answer.method != "score_samples" or find_kind(model) != "outlier detector":
        return name
    (value,) = (value for value in graph.output if value.name == name)
    offset = np.asarray(find_final_estimator(model).offset_, np.float32).reshape(-1)[0]
    graph.initializer.append(onnx.numpy_helper.from_array(offset, f"{name}/offset"))
    graph.node.append(onnx.helper.make_node("Add", [name, f"{name}/offset"], [f"{name}/samples"]))
    graph.output.append(onnx.helper.make_tensor_value_info(f"{name}/samples", value.type.tensor_type.elem_type, None))
    return f"{name}/samples"


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


def _convert(model: Any, signature: Signature, config: ModelConfig, option: str) -> onnx.ModelProto:
    where = f"model {config.name!r}"
    try:
        from skl2onnx import convert_sklearn
    except ImportError as error:
        raise ConversionError(
            where, f"cannot be converted ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error
    register_converters()
    register_boosters()
    register_encoders()
    types, texts = _list_types(model, signature, where), list_text_options(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skl2onnx reads attributes that scikit-learn has deprecated
            found: onnx.ModelProto = convert_sklearn(
                model,
                initial_types=types,
                target_opset={"": config.conversion.opset, _ML: _ML_OPSET},
                options={**texts, **_list_options(model, option)} or None,
            )
    except ConversionError:
        raise
    except Exception as error:
        # skl2onnx raises every kind of error for what it cannot convert.
        cause = find_root_cause(error)
        reason = str(cause) if isinstance(cause, NotConvertible) else describe_root_cause(error)
        raise ConversionError(
            where,
            f"cannot be converted to ONNX opset {config.conversion.opset} ({reason})",
            'The page "What converts" of the documentation lists the estimators that do.',
        ) from error
    return found


def _list_options(model: Any, option: str) -> dict[int, dict[str, Any]]:
    """Return skl2onnx's options: probabilities in one tensor, and the result that the converter returns on request."""
    options: dict[int, dict[str, Any]] = {}
    if find_kind(model) == "classifier" and _has_option(model, "zipmap"):
        options[id(model)] = {"zipmap": False}
    last = find_final_estimator(model)
    if option and _has_option(last, option):
        options.setdefault(id(last), {})[option] = True
    return options


def _has_option(model: Any, option: str) -> bool:
    from skl2onnx import get_model_alias
    from skl2onnx.common._registration import get_converter

    try:
        allowed = get_converter(get_model_alias(type(model))).get_allowed_options()
    except (RuntimeError, ValueError):  # no converter, which skl2onnx names when it meets the model
        return False
    return allowed == "passthrough" or option in (allowed or ())


def _merge_opsets(model: onnx.ModelProto) -> None:
    """List each domain once, in order. skl2onnx may list one several times."""
    versions: dict[str, int] = {}
    for entry in model.opset_import:
        versions[entry.domain] = max(versions.get(entry.domain, 0), entry.version)
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))
