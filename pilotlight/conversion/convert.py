"""Converts a framework's model to a candidate for the store."""

from pathlib import Path
from typing import Any

from pilotlight.conversion.adapters import find_adapter
from pilotlight.conversion.graph import read_signature
from pilotlight.conversion.labels import add_labels
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import add_label_outputs
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec


def convert(model: Any, config: ModelConfig, into: Path) -> Candidate:
    """Convert a model to ONNX, with an output of class names where model.toml has [labels].

    Args:
        model: An object of a framework.
        config: The configuration of the model.
        into: The folder for model.onnx. It is created where it does not exist.

    Returns:
        The candidate.

    Raises:
        ConversionError: The model cannot be converted, or the graph differs from [signature].
    """
    into.mkdir(parents=True, exist_ok=True)
    find_adapter(model).export(model, config, into)
    candidate = add_labels(Candidate(into, read_signature(into / MODEL_NAME)), config.labels)
    check_signature(config, candidate.signature)
    return candidate


def check_signature(config: ModelConfig, found: Signature) -> None:
    """Compare the signature of a graph with [signature] of model.toml.

    Args:
        config: The configuration of the model. Without [signature] nothing is compared.
        found: The signature of the graph, class names included.

    Raises:
        ConversionError: They differ. The message lists every difference.
    """
    if config.signature is None:
        return
    wanted = add_label_outputs(config.signature, config.labels)
    problems = _compare_specs("input", wanted.inputs, found.inputs)
    problems += _compare_specs("output", wanted.outputs, found.outputs)
    if problems:
        raise ConversionError(
            f"model {config.name!r}", "; ".join(problems), "Correct [signature] in model.toml, or the network."
        )


def _compare_specs(role: str, wanted: tuple[TensorSpec, ...], found: tuple[TensorSpec, ...]) -> list[str]:
    names = [spec.name for spec in found]
    if sorted(names) != sorted(spec.name for spec in wanted):
        return [f"the graph's {role}s are {', '.join(names)}, model.toml's {', '.join(spec.name for spec in wanted)}"]
    by_name = {spec.name: spec for spec in found}
    return [
        f"{role} {spec.name} is {_format_spec(by_name[spec.name])} in the graph and {_format_spec(spec)} in model.toml"
        for spec in wanted
        if spec != by_name[spec.name]
    ]


def _format_spec(spec: TensorSpec) -> str:
    return f"{spec.datatype.name} {list(spec.shape)}"
