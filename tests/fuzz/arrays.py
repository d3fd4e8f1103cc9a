"""Tensors as numpy arrays: the datatypes of the protocol, and what a model's inputs and outputs are.

Source: Open Inference Protocol v2, "Tensor Data Types"; BF16 from Triton's binary tensor extension. Nothing here, in
`fuzz.targets`, `fuzz.oracle` or `fuzz.events` imports the runtime: what they share with it could hide a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Draw = Callable[[Random, tuple[int, ...]], Array]
"""Draws an input of a shape."""

DATATYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    **{f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
    "BF16": np.dtype("<u2"),  # its bits
    "BYTES": np.dtype("O"),  # elements of `bytes`
}

BY_ONNX = {
    1: "FP32",
    2: "UINT8",
    3: "INT8",
    4: "UINT16",
    5: "INT16",
    6: "INT32",
    7: "INT64",
    8: "BYTES",
    9: "BOOL",
    10: "FP16",
    11: "FP64",
    12: "UINT32",
    13: "UINT64",
    16: "BF16",
}
"""The datatype of each `TensorProto.DataType`, from onnx.proto3."""


class Spec(NamedTuple):
    """An input or output. dims: a size, the name of a size that equals every other of that name, or None."""

    name: str
    datatype: str
    dims: tuple[int | str | None, ...]


def texts(values: Sequence[bytes], shape: tuple[int, ...] | None = None) -> Array:
    """A BYTES array."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array if shape is None else array.reshape(shape)


def bits(array: Array) -> bytes | tuple[bytes, ...]:
    """What two equal tensors of one datatype and shape have in common, NaNs and signs of zeros included."""
    return tuple(array.ravel().tolist()) if array.dtype == object else np.ascontiguousarray(array).tobytes()


CANARY = "canaryq7x"
"""Text that payloads carry. A log with it has let payload through."""
