"""Checks of what PyTorch's exporter has made, which it does not make itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, Final

import onnx

from pilotlight.conversion.value_types import list_graphs
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.signature import Signature

_RANDOM: Final = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"}
)
"""Operators that draw. A Dropout that is there in evaluation mode was told to drop."""
_DRAW: Final = "Draw in training mode only (`if self.training`), or take the numbers as an input."
_WHOLE: Final = "model"
"""The name of the person's module inside the one that is exported."""


def check_program(program: Any, where: str) -> None:
    """Refuse a module that remembers its calls.

    Args:
        program: A torch.onnx.ONNXProgram.
        where: The model in an error.

    Raises:
        ConversionError: `forward` changes a buffer, so that an answer depends on the calls before it.
    """
    changed = program.exported_program.graph_signature.buffers_to_mutate.values()
    if changed:
        names = ", ".join(sorted(name.removeprefix(f"{_WHOLE}.") for name in changed))
        raise ConversionError(
            where,
            f"changes its buffer {names} while it answers, which a function does not keep",
            "Compute the value from the inputs, or change it in training mode only.",
        )


def check_opset(model: onnx.ModelProto, wanted: int, where: str) -> None:
    """Refuse a graph of another operator set: the exporter leaves a graph as it is that it cannot convert down.

    Args:
        model: The graph.
        wanted: The version of ONNX's default operator set in model.toml.
        where: The model in an error.

    Raises:
        ConversionError: The version is another one.
    """
    found = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=wanted)
    if found != wanted:
        what = f"cannot be converted to ONNX opset {wanted}: PyTorch's exporter writes it with opset {found}"
        raise ConversionError(where, what, f"Set opset = {found} under [conversion] in model.toml.")


def check_draws(module: Any, answer: Callable[[], Any], where: str) -> None:
    """Refuse a module that draws random numbers from PyTorch's generator while it answers.

    Args:
        module: A torch.nn.Module in evaluation mode.
        answer: Calls it.
        where: The model in an error.

    Raises:
        ConversionError: It draws. The message names the innermost submodule that does.
    """
    import torch

    def read() -> bytes:
        return bytes(torch.random.get_rng_state().numpy().tobytes())

    before = read()
    answer()
    if read() == before:
        return
    found: list[str] = []
    states: list[bytes] = []

    def leave(name: str, owner: Any) -> None:
        if read() != states.pop():
            found.append(f"{name} ({type(owner).__name__})" if name else type(owner).__name__)

    hooks = []
    for name, each in module.named_modules():
        hooks.append(each.register_forward_pre_hook(lambda *_: states.append(read())))
        hooks.append(each.register_forward_hook(lambda owner, *_, name=name: leave(name, owner)))
    try:
        answer()
    finally:
        for hook in hooks:
            hook.remove()
    raise ConversionError(where, f"draws random numbers while it answers: {found[0]}", _DRAW)


def check_random(model: onnx.ModelProto, where: str) -> None:
    """Refuse a graph that draws random numbers: its answers cannot be compared.

    Args:
        model: The graph, with the exporter's metadata.
        where: The model in an error.

    Raises:
        ConversionError: A node draws.
    """
    for graph in (model.graph, *list_graphs(model.graph.node)):
        for node in graph.node:
            if node.op_type in _RANDOM:
                raise ConversionError(
                    where,
                    f"draws random numbers while it answers: {_name_module(node)}{node.op_type}",
                    _DRAW,
                )


def _name_module(node: onnx.NodeProto) -> str:
    """Return "MODULE → ", the module that a node is of; "" where the exporter did not note it."""
    scopes = next((each.value for each in node.metadata_props if each.key == "pkg.torch.onnx.name_scopes"), "[]")
    names = [name for name in ast.literal_eval(scopes) if name.startswith(f"{_WHOLE}.")]
    return f"{names[-1].removeprefix(f'{_WHOLE}.')} → " if names else ""


def check_dimensions(model: onnx.ModelProto, signature: Signature, where: str) -> None:
    """Refuse a graph that fixes a dimension of an input which the signature leaves open.

    Args:
        model: The graph. Its inputs are in the order of the signature.
        signature: The inputs and outputs of the model.
        where: The model in an error.

    Raises:
        ConversionError: A dimension is fixed.
    """
    for value, spec in zip(model.graph.input, signature.inputs, strict=True):
        for axis, (dim, size) in enumerate(zip(value.type.tensor_type.shape.dim, spec.shape, strict=True)):
            if size < 0 and dim.HasField("dim_value"):
                raise ConversionError(
                    where,
                    f"fixes {name_dimension(spec.name, axis)} at {dim.dim_value}",
                    "Write forward for any size, or give the size in [signature].",
                )


def name_dimension(name: str, axis: int) -> str:
    """Return what a message calls a dimension of an input."""
    return f"the batch (the first dimension of {name})" if axis == 0 else f"dimension {axis} of {name}"
