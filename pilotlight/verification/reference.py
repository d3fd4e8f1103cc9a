"""The source model and held-out samples, as the gate takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, Dataset, NamedArrays, Reference
from pilotlight.core.casting import prepare_inputs
from pilotlight.core.frames import is_frame, join_columns, read_columns
from pilotlight.core.samples import Samples
from pilotlight.verification.metrics import METRICS
from pilotlight_runtime.signature import Signature

_HELD_OUT = "x_test"


class _Labels(NamedTuple):
    """The labels that a metric uses, and the output that they belong to; "" for all outputs."""

    values: Array | None
    output: str


def make_reference(
    predict: Callable[[NamedArrays], NamedArrays],
    data: Dataset,
    metric: str,
    signature: Signature,
    resolve_ties: Callable[[NamedArrays, NamedArrays], NamedArrays] | None = None,
) -> Reference:
    """Return the predictions of the source model and the held-out part of its data as a Reference.

    Args:
        predict: The source model: outputs by name for inputs by name.
        data: Its held-out samples are compared, in the datatypes of the signature: both the source and the ONNX model
            get what an endpoint gets. Labels that `metric` cannot use are left out.
        metric: The name of the configured metric.
        signature: The inputs and outputs that callers see.
        resolve_ties: See Reference.

    Raises:
        DataError: The held-out samples do not fit the inputs of the signature. The message names the array.
    """
    inputs = prepare_inputs(data.x_test, signature.inputs, _HELD_OUT)
    labels = _find_labels(data.y_test, metric, signature)
    return Reference(predict, inputs, labels.values, resolve_ties, labels.output)


def measure_held_out(reference: Reference, metric: str) -> dict[str, float]:
    """Compute a metric of the source model on the whole held-out part.

    Args:
        reference: The source model and held-out samples.
        metric: The name of a metric; "" for none.

    Returns:
        The metric by its name; empty where there is no metric or there are no labels.

    Raises:
        ValueError: The outputs or the labels do not fit the metric.
    """
    if not metric or reference.labels is None:
        return {}
    outputs = select_measured(reference.predict(reference.inputs), reference)
    return {metric: METRICS[metric](outputs, reference.labels)}


def select_measured(outputs: NamedArrays, reference: Reference) -> NamedArrays:
    """Return the outputs that the labels of a reference belong to.

    Args:
        outputs: The outputs of a model by name.
        reference: The source model and held-out samples.
    """
    name = reference.measured
    return {name: outputs[name]} if name in outputs else outputs


def _find_labels(y: Samples, metric: str, signature: Signature) -> _Labels:
    """Return the labels of the first output in the signature for which `metric` can use them."""
    known = METRICS.get(metric)
    if known is None or y is None:
        return _Labels(None, "")
    if is_frame(y):
        columns = read_columns(y, "y_test")
        names = {spec.name for spec in signature.outputs}
        y = columns if names >= columns.keys() else join_columns(columns, "y_test")
    if not isinstance(y, Mapping):
        labels = np.asarray(y)
        return _Labels(labels if known.accepts(labels) else None, "")
    for spec in signature.outputs:
        if spec.name in y and known.accepts(labels := np.asarray(y[spec.name])):
            return _Labels(labels, spec.name)
    return _Labels(None, "")
