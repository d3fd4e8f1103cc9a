"""Converts a TorchScript module to an ONNX graph.

torch.export cannot trace TorchScript, which is a program of its own. The exporter for TorchScript translates it as it
is, branches and loops included.
"""

from __future__ import annotations

import io
from typing import Any

import onnx

from pilotlight.conversion.torch.calls import list_parameters, takes_by_name
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight_runtime.signature import Signature, TensorSpec


def is_script(module: Any) -> bool:
    """Return whether a module is a torch.jit.ScriptModule."""
    return any(kind.__name__ == "ScriptModule" for kind in type(module).__mro__)


def export_script(
    module: Any, example: tuple[Any, ...], signature: Signature, where: str, opset: int
) -> onnx.ModelProto:
    """Convert a TorchScript module.

    Args:
        module: A torch.jit.ScriptModule in evaluation mode.
        example: Inputs that it answers, in the order of the signature.
        signature: The inputs and outputs of the graph.
        where: The model in an error.
        opset: The version of ONNX's default operator set.

    Returns:
        The graph, with inputs and outputs in the order of the signature.

    Raises:
        ConversionError: It cannot be converted.
    """
    import torch

    names = [spec.name for spec in signature.inputs]
    order = list(range(len(names)))
    if takes_by_name(module, names):
        order = sorted(order, key=lambda place: list_parameters(module).index(names[place]))
    if isinstance(module(*(example[place] for place in order)), dict):
        raise ConversionError(
            where, "is TorchScript that returns a dictionary, which has no order", "Return a tuple from forward."
        )
    specs = (*signature.inputs, *signature.outputs)
    target = io.BytesIO()
    try:
        torch.onnx.export(
            module,
            tuple(example[place] for place in order),
            target,
            dynamo=False,
            opset_version=opset,
            input_names=[names[place] for place in order],
            output_names=[spec.name for spec in signature.outputs],
            dynamic_axes={spec.name: _list_open(spec) for spec in specs},
        )
    except Exception as error:
        # The exporter raises every kind of error for what it cannot convert.
        raise ConversionError(
            where,
            f"cannot be converted to ONNX opset {opset} ({kind_and_first_line(error)})",
            "Save the network with torch.export.save instead of TorchScript.",
        ) from error
    model = onnx.load_model_from_string(target.getvalue())
    found = {value.name: value for value in model.graph.input}
    sorted_inputs = [found[name] for name in names if name in found]
    if len(sorted_inputs) != len(names):
        missing = ", ".join(name for name in names if name not in found)
        raise ConversionError(where, f"never uses its input {missing}", "Leave it out of forward and of [signature].")
    copies = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in sorted_inputs]
    del model.graph.input[:]
    model.graph.input.extend(copies)
    return model


def _list_open(spec: TensorSpec) -> dict[int, str]:
    return {axis: f"{spec.name}_{axis}" for axis, size in enumerate(spec.shape) if size < 0}
