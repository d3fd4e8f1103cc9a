"""Training samples from which static quantization takes the range of each tensor."""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.casting import prepare_inputs
from pilotlight.core.errors import ConversionError
from pilotlight.core.samples import Samples, count_samples, name_samples, take_samples
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature

_TRAINING = "x_train"
_DYNAMIC_HINT = 'Set mode = "dynamic" or "none" in [quantization] of model.toml.'


def select_calibration_samples(
    name: str, training: Samples, signature: Signature, count: int, held_out: Samples = None
) -> NamedArrays:
    """Select samples that are evenly spread over the training part.

    Samples are often sorted by class, so the first ones would show the ranges of one class.

    Args:
        name: The name of the model.
        training: The training samples along the first axis: one array, arrays by input name, or a frame.
        signature: The signature of the graph.
        count: The number of samples.
        held_out: The held-out samples, which have the form that callers send; None where there are none.

    Returns:
        The samples by input name, in the datatypes of the signature.

    Raises:
        ConversionError: There are fewer samples, the graph takes more of them in one call, all its inputs are texts, or
            the training samples have another kind of dtype than the held-out ones.
        DataError: The samples do not fit the inputs of the signature.
    """
    where = f"model {name!r}"
    if all(spec.datatype is BYTES for spec in signature.inputs):
        names = ", ".join(spec.name for spec in signature.inputs)
        raise ConversionError(where, f"takes texts ({names}), which have no range for quantization", _DYNAMIC_HINT)
    available = count_samples(training, _TRAINING)
    if count > available:
        raise ConversionError(
            where,
            f"needs {count} samples for quantization, but the training part has {available}",
            "Lower `samples` in [quantization] of model.toml, or provide more data.",
        )
    size = max((spec.shape[0] for spec in signature.inputs if spec.shape), default=1)
    if count < size:
        raise ConversionError(
            where,
            f"takes {size} samples in each call, but `samples` in [quantization] is {count}",
            f"Raise `samples` in [quantization] of model.toml to {size} or more.",
        )
    _check_form(where, training, held_out, signature)
    spread = np.linspace(0, available - 1, count).round().astype(int)
    return prepare_inputs(take_samples(training, spread), signature.inputs, _TRAINING)


def _check_form(where: str, training: Samples, held_out: Samples, signature: Signature) -> None:
    """Raise ConversionError where load left the training part to be prepared in batches.

    Pixels of 0 to 255 fit an input of FP32 too, but their ranges are not those of the values that callers send.
    """
    if held_out is None:
        return
    names = [spec.name for spec in signature.inputs]
    ours, theirs = name_samples(training, names, _TRAINING), name_samples(held_out, names, "x_test")
    for spec in signature.inputs:
        given, sent = ours[spec.name].dtype, theirs[spec.name].dtype
        if given.kind != sent.kind and sent.kind not in "OSU":
            what = f"has {spec.name} as {given} in x_train and as {sent} in x_test, so its ranges cannot be measured"
            raise ConversionError(where, what, f"Prepare both alike in load() of train.py. Or: {_DYNAMIC_HINT}")
