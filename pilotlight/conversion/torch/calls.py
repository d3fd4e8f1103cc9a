"""Calls a PyTorch module, and matches its inputs and outputs with the signature."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BF16, Datatype
from pilotlight_runtime.signature import Signature

_SIGNATURE: Final = "[signature] in model.toml"


def call_module(module: Any, tensors: Sequence[Any], signature: Signature) -> tuple[Any, ...]:
    """Call a module, and return its outputs in the order of the signature.

    Inputs go to the parameters of `forward` by name where all names agree, else by position. Outputs are taken from a
    dictionary, a NamedTuple or a dataclass by name, and from a tuple by position.

    Args:
        module: A torch.nn.Module.
        tensors: The inputs, in the order of the signature.
        signature: The inputs and outputs of the model.

    Raises:
        ConversionError: The inputs or outputs of the module are not those of the signature.
    """
    names = [spec.name for spec in signature.inputs]
    if not takes_by_name(module, names):
        answer = module(*tensors)
    elif is_exported(module):  # it takes inputs as it was exported with them: by position
        answer = module(*(tensors[names.index(name)] for name in list_parameters(module) if name in names))
    else:
        answer = module(**dict(zip(names, tensors, strict=True)))
    return order_outputs(answer, [spec.name for spec in signature.outputs])


def is_exported(module: Any) -> bool:
    """Return whether a module is the graph of a torch.export.ExportedProgram, whose mode and datatypes are fixed."""
    return any(kind.__name__ == "_StatefulGraphModule" for kind in type(module).__mro__)


def takes_by_name(module: Any, names: Sequence[str]) -> bool:
    """Return whether `forward` has a parameter for each input.

    Args:
        module: A torch.nn.Module.
        names: The inputs of the signature, in order.

    Raises:
        ConversionError: An input has the name of a parameter at another position, and others have no parameter.
    """
    known = list_parameters(module)
    if all(name in known for name in names):
        return True
    for place, name in enumerate(names):
        if name in known and known.index(name) != place:
            raise ConversionError(
                _SIGNATURE,
                f"names the inputs {', '.join(names)}, but forward of {type(module).__name__} takes {', '.join(known)}",
                "Give each input the name of its parameter, or the position of it.",
            )
    return False


def list_parameters(module: Any) -> list[str]:
    """Return the names of the parameters of `forward` that can be given by name."""
    schema = getattr(module.forward, "schema", None)  # of TorchScript
    if schema is not None:
        return [argument.name for argument in schema.arguments if argument.name != "self"]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [each.name for each in inspect.signature(module.forward).parameters.values() if each.kind in kinds]


def order_outputs(answer: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """Return the tensors of an answer in the order of `names`.

    Args:
        answer: What a module returned.
        names: The outputs of the signature, in order.

    Raises:
        ConversionError: The answer holds other outputs.
    """
    named = _read_fields(answer)
    if named is not None and all(name in named for name in names):
        found = [value for name in names for value in _flatten(named[name], name)]
        known = ", ".join(named)
    elif isinstance(answer, Mapping):
        found, known = [], ", ".join(str(name) for name in answer)
    else:
        found = list(_flatten(answer, "its answer"))
        known = "one tensor" if len(found) == 1 else f"{len(found)} tensors"
    if len(found) != len(names):
        raise ConversionError(
            _SIGNATURE,
            f"names the outputs {', '.join(names)}, but the module returns {known}",
            "Name every output of the module, in its order.",
        )
    return tuple(found)


def _read_fields(answer: Any) -> dict[str, Any] | None:
    """Return the parts of an answer by name; None where they have no names."""
    if isinstance(answer, Mapping):
        return {str(name): value for name, value in answer.items() if value is not None}
    if dataclasses.is_dataclass(answer):
        return {field.name: getattr(answer, field.name) for field in dataclasses.fields(answer)}
    if isinstance(answer, tuple) and hasattr(answer, "_fields"):
        return dict(zip(answer._fields, answer, strict=True))
    return None


def _flatten(value: Any, where: str) -> Iterator[Any]:
    """Yield the tensors of nested tuples, lists and dictionaries. None, which stands for no value, is left out."""
    import torch

    if value is None:
        return
    if isinstance(value, torch.Tensor):
        yield value
        return
    parts: Iterable[Any]
    if isinstance(value, list | tuple):
        parts = value
    elif (fields := _read_fields(value)) is not None:
        parts = fields.values()
    else:
        raise ConversionError(
            "the module", f"returns {where} of type {type(value).__name__}, which is no tensor", "Return tensors only."
        )
    for part in parts:
        yield from _flatten(part, where)


def to_tensor(array: Array, datatype: Datatype) -> Any:
    """Convert an array to a tensor on the CPU. BF16 arrives as bits in uint16."""
    import torch

    if datatype is BF16:
        bits = array.view(np.uint16) if array.dtype.itemsize == 2 else array
        return torch.from_numpy(np.array(bits, np.uint16).view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(np.array(array, datatype.numpy))  # a copy: tensors must be writable


def to_array(tensor: Any) -> Array:
    """Convert a tensor to an array. BF16 becomes bits in uint16."""
    import torch

    tensor = tensor.detach().cpu()
    if tensor.dtype is torch.bfloat16:
        return np.asarray(tensor.view(torch.int16).numpy().view(np.uint16))
    return np.asarray(tensor.numpy())
