"""Training samples from which static quantization takes the range of each tensor."""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature

_DYNAMIC_HINT = 'Set mode = "dynamic" or "none" in [quantization] of model.toml.'


def select_calibration_samples(name: str, training: Array, signature: Signature, count: int) -> NamedArrays:
    """Select samples that are evenly spread over the training part.

    Samples are often sorted by class, so the first ones would show the ranges of one class.

    Args:
        name: The name of the model.
        training: The training samples along the first axis.
        signature: The signature of the graph, with one input.
        count: The number of samples.

    Returns:
        The samples by input name.

    Raises:
        ConversionError: There are fewer samples, the graph takes more of them in one call, or its input is text.
    """
    where = f"model {name!r}"
    (spec,) = signature.inputs
    if spec.datatype is BYTES:
        raise ConversionError(where, f"takes texts ({spec.name}), which have no range for quantization", _DYNAMIC_HINT)
    if count > len(training):
        raise ConversionError(
            where,
            f"needs {count} samples for quantization, but the training part has {len(training)}",
            "Lower `samples` in [quantization] of model.toml, or provide more data.",
        )
    size = spec.shape[0] if spec.shape else 1
    if count < size:
        raise ConversionError(
            where,
            f"takes {size} samples in each call, but `samples` in [quantization] is {count}",
            f"Raise `samples` in [quantization] of model.toml to {size} or more.",
        )
    return {spec.name: training[np.linspace(0, len(training) - 1, count).round().astype(int)]}
