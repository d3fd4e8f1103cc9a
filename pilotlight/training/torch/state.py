"""The state of a PyTorch fit as plain arrays and one JSON text, so that no checkpoint is a pickle.

A `state_dict` is a tree of dictionaries and lists with tensors and plain values at its ends. The tensors become arrays
in the order of the tree, and the tree with their places becomes JSON. Numbers come back to the last bit: JSON has the
shortest decimal of a float64 that identifies it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import TrainingError

ARRAYS: Final = "tensors"
TREE: Final = "tree"


class _Packer(NamedTuple):
    arrays: list[Array]

    def pack(self, value: Any, where: str) -> Any:
        """Return a part of the tree as JSON, and collect its tensors. A list in it begins with its kind."""
        import torch

        if isinstance(value, torch.Tensor):
            self.arrays.append(_to_array(value))
            return ["tensor", str(value.dtype).removeprefix("torch."), len(self.arrays) - 1]
        if isinstance(value, Mapping):
            return ["dict", [[self.pack(key, where), self.pack(part, f"{where}.{key}")] for key, part in value.items()]]
        if isinstance(value, list | tuple):
            return ["list", [self.pack(part, where) for part in value]]
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TrainingError(
            "the checkpoint",
            f"cannot hold {where}, a {type(value).__name__}",
            "Use an optimizer and a schedule whose state_dict() has tensors and numbers only.",
        )


def pack(state: Mapping[str, Any]) -> dict[str, Sequence[Array]]:
    """Return a tree of state dictionaries as the arrays of a checkpoint.

    Args:
        state: State dictionaries by name.

    Raises:
        TrainingError: The tree holds an object that is neither a tensor nor a plain value.
    """
    packer = _Packer([])
    tree = json.dumps(packer.pack(state, "the state"))
    return {ARRAYS: packer.arrays, TREE: [np.frombuffer(tree.encode(), np.uint8)]}


def unpack(arrays: Mapping[str, Sequence[Array]]) -> dict[str, Any]:
    """Return the tree of which `pack` made these arrays.

    Args:
        arrays: The arrays of a checkpoint by kind.

    Raises:
        KeyError: The checkpoint is of another kind.
        ValueError: It is damaged.
        IndexError: It is damaged.
    """
    tree = json.loads(arrays[TREE][0].tobytes())
    found = _unpack(tree, arrays.get(ARRAYS, ()))
    if not isinstance(found, dict):
        raise ValueError("the state is no tree")  # noqa: TRY004  (a damaged file, not a wrong argument)
    return found


def _unpack(value: Any, arrays: Sequence[Array]) -> Any:
    match value:
        case ["tensor", str(dtype), int(place)]:
            return _to_tensor(arrays[place], dtype)
        case ["dict", [*items]]:
            return {_unpack(key, arrays): _unpack(part, arrays) for key, part in items}
        case ["list", [*parts]]:
            return [_unpack(part, arrays) for part in parts]
    return value


def _to_array(tensor: Any) -> Array:
    """Return a copy of a tensor. numpy has no bfloat16, so such numbers are kept as their bits."""
    import torch

    tensor = tensor.detach().cpu()
    return np.array((tensor.view(torch.int16) if tensor.dtype is torch.bfloat16 else tensor).numpy())


def _to_tensor(array: Array, dtype: str) -> Any:
    import torch

    tensor = torch.from_numpy(np.array(array))
    return tensor.view(torch.bfloat16) if dtype == "bfloat16" else tensor
