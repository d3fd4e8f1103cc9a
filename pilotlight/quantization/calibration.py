"""Training samples, from which static quantisation takes the range of each tensor."""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature

_DYNAMIC_HINT = 'Set mode = "dynamic" or "none" in [quantization] of model.toml.'


def select_calibration_samples(name: str, training: Array, signature: Signature, count: int) -> NamedArrays:
    """`count` samples of the training part, spread evenly over it, for the one input of the model `name`.

    ConversionError where the part has fewer, or they are not what the graph takes. Samples are often sorted by class;
    taken from the beginning they would show the ranges of one.
    """
    where = f"model {name!r}"
    (spec,) = signature.inputs
    if spec.datatype is BYTES:
        raise ConversionError(where, f"takes texts ({spec.name}), which have no range to quantise by", _DYNAMIC_HINT)
    if count > len(training):
        raise ConversionError(
            where,
            f"is to be quantised by {count} samples, but the training part holds {len(training)}",
            "Lower `samples` in [quantization] of model.toml, or give more data.",
        )
    size = spec.shape[0] if spec.shape else 1
    if count < size:
        raise ConversionError(
            where,
            f"takes {size} samples a call, and is to be quantised by {count}",
            f"Raise `samples` in [quantization] of model.toml to {size} or more.",
        )
    return {spec.name: training[np.linspace(0, len(training) - 1, count).round().astype(int)]}
