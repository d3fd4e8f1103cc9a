"""Inputs that are drawn for an import without --golden, where the gate must compare the model with its original."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.verification.golden import GoldenSamples
from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.signature import Signature

_SEED: Final = 20
_SIZES: Final = (3, 1, 16, 64)
"""Of open dimensions, tried in this order: a graph may take only some sizes."""

_BF16_ONE: Final = 0x3F80


def draw_judged_samples(
    signature: Signature, predict: Callable[[NamedArrays], NamedArrays], where: str
) -> GoldenSamples:
    """Draw inputs that the original of a model answers.

    Args:
        signature: The inputs and outputs of the original.
        predict: ONNX's reference implementation of the original.
        where: The file, for the error.

    Returns:
        The inputs, and the outputs of the original.

    Raises:
        ConversionError: The reference implementation answers none of them.
    """
    reason = ""
    for size in _SIZES:
        inputs = _draw_inputs(signature, size)
        try:
            return GoldenSamples(inputs, dict(predict(inputs)))
        except ConversionError as error:
            reason = reason or error.what
    what = f"was converted down, which nothing can check without samples: the original {reason}"
    raise ConversionError(where, what, "Pass inputs and expected outputs with --golden.")


def _draw_inputs(signature: Signature, size: int) -> dict[str, Array]:
    rng = np.random.default_rng(_SEED)
    shapes = {spec.name: tuple(size if each < 0 else each for each in spec.shape) for spec in signature.inputs}
    return {spec.name: _draw_array(rng, spec.datatype, shapes[spec.name]) for spec in signature.inputs}


def _draw_array(rng: np.random.Generator, datatype: Datatype, shape: tuple[int, ...]) -> Array:
    """Numbers of the standard normal distribution; zeros and ones where they must be whole; short texts."""
    if datatype is BYTES:
        return rng.choice(np.array(["a", "b c", "1"], dtype=object), shape)
    if datatype is BF16:
        return np.full(shape, _BF16_ONE, np.uint16)
    if datatype.format in ("e", "f", "d"):
        return np.asarray(rng.standard_normal(shape), datatype.numpy)
    return np.asarray(rng.integers(0, 2, shape), datatype.numpy)
