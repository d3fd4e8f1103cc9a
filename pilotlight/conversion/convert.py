"""From a framework's model to a candidate for the store."""

from pathlib import Path
from typing import Any

from pilotlight.conversion.adapters import adapter_for
from pilotlight.conversion.graph import read_signature
from pilotlight.conversion.labels import add_labels
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import served
from pilotlight.core.modelconfig import ModelConfig
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec


def convert(model: Any, config: ModelConfig, into: Path) -> Candidate:
    """Writes `model` as ONNX into the folder `into`, names of classes included where model.toml has them.

    ConversionError where the graph is not what model.toml says.
    """
    into.mkdir(parents=True, exist_ok=True)
    adapter_for(model).export(model, config, into)
    candidate = add_labels(Candidate(into, read_signature(into / MODEL_NAME)), config.labels)
    check_signature(config, candidate.signature)
    return candidate


def check_signature(config: ModelConfig, found: Signature) -> None:
    """ConversionError with every difference between model.toml's signature, where it has one, and the graph's."""
    if config.signature is None:
        return
    wanted = served(config.signature, config.labels)
    problems = _differences("input", wanted.inputs, found.inputs)
    problems += _differences("output", wanted.outputs, found.outputs)
    if problems:
        raise ConversionError(
            f"model {config.name!r}", "; ".join(problems), "Mend [signature] in model.toml or the network."
        )


def _differences(role: str, wanted: tuple[TensorSpec, ...], found: tuple[TensorSpec, ...]) -> list[str]:
    names = [spec.name for spec in found]
    if sorted(names) != sorted(spec.name for spec in wanted):
        return [f"the graph's {role}s are {', '.join(names)}, model.toml's {', '.join(spec.name for spec in wanted)}"]
    by_name = {spec.name: spec for spec in found}
    return [
        f"{role} {spec.name} is {_shown(by_name[spec.name])} in the graph and {_shown(spec)} in model.toml"
        for spec in wanted
        if spec != by_name[spec.name]
    ]


def _shown(spec: TensorSpec) -> str:
    return f"{spec.datatype.name} {list(spec.shape)}"
