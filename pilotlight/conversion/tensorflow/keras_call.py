"""Calls a Keras model with inputs in the order of a signature, and names its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilotlight.core.errors import ConversionError
from pilotlight_runtime.signature import Signature


def call_model(model: Any, tensors: Sequence[Any], signature: Signature) -> dict[str, Any]:
    """Call a model, and return its outputs by name.

    Inputs and outputs are matched with the signature by name where all names agree, else by position.

    Args:
        model: A keras.Model.
        tensors: The inputs, in the order of the signature.
        signature: The inputs and outputs of the model.

    Raises:
        ConversionError: The outputs of the model are not those of the signature.
    """
    names = [spec.name for spec in signature.inputs]
    wanted = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    ordered = list(tensors)
    if len(names) > 1 and sorted(wanted) == sorted(names):
        by_name = dict(zip(names, tensors, strict=True))
        ordered = [by_name[name] for name in wanted]
    answer = model(_arrange_inputs(model, ordered), training=False)
    return _name_outputs(answer, model, [spec.name for spec in signature.outputs])


def _arrange_inputs(model: Any, tensors: list[Any]) -> Any:
    """Return inputs in the structure that a functional model was built with: Keras warns of another one.

    A model of another kind takes one tensor as it is, and several as a list.
    """
    inputs, structure = getattr(model, "inputs", None) or [], None
    if len(inputs) == len(tensors):
        structure = getattr(model, "input", None)
    if structure is None:
        return tensors[0] if len(tensors) == 1 else tensors
    from keras import tree

    return tree.pack_sequence_as(structure, tensors)


def _name_outputs(answer: Any, model: Any, names: list[str]) -> dict[str, Any]:
    if isinstance(answer, dict):
        found = {str(name): value for name, value in answer.items()}
    else:
        values = list(answer) if isinstance(answer, list | tuple) else [answer]
        own = list(getattr(model, "output_names", None) or [])
        by_name = len(own) == len(values) and sorted(own) == sorted(names)
        found = dict(zip(own if by_name else names, values, strict=False))
        found |= {f"output {index}": value for index, value in enumerate(values) if index >= len(names)}
    if sorted(found) != sorted(names):
        raise ConversionError(
            "[signature] in model.toml",
            f"names the outputs {', '.join(names)}, but the model gives {', '.join(found)}",
            "Name every output of the model, in its order.",
        )
    return found
