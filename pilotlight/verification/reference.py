"""The source model and held-out samples, as the gate takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, Dataset, NamedArrays, Reference
from pilotlight.core.casting import prepare_inputs
from pilotlight.core.samples import Samples, without_frame
from pilotlight.verification.choose_metric import choose_metric
from pilotlight.verification.metrics import AUTO, METRICS
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec

_HELD_OUT = "x_test"


class _Labels(NamedTuple):
    """The labels that a metric uses, the output that they belong to ("" for all outputs), and the metric."""

    values: Array | None
    output: str
    metric: str


def make_reference(
    predict: Callable[[NamedArrays], NamedArrays],
    data: Dataset,
    metric: str,
    signature: Signature,
    resolve_ties: Callable[[NamedArrays, NamedArrays], NamedArrays] | None = None,
    kind: str = "",
) -> Reference:
    """Return the predictions of the source model and the held-out part of its data as a Reference.

    Args:
        predict: The source model: outputs by name for inputs by name.
        data: Its held-out samples are compared, in the datatypes of the signature: both the source and the ONNX model
            get what an endpoint gets. Labels that `metric` cannot use are left out.
        metric: The name of the configured metric; "auto" for the one that fits.
        signature: The inputs and outputs that callers see.
        resolve_ties: See Reference.
        kind: What the model is, such as "classifier"; "" where its framework does not say.

    Raises:
        DataError: The held-out samples do not fit the inputs of the signature. The message names the array.
    """
    inputs = prepare_inputs(data.x_test, signature.inputs, _HELD_OUT)
    found = _find_labels(data.y_test, metric, signature, kind)
    return Reference(
        predict, inputs, found.values, resolve_ties, found.output, metric=found.metric, chosen=metric == AUTO
    )


def measure_held_out(reference: Reference, metric: str) -> dict[str, float]:
    """Compute a metric of the source model on the whole held-out part.

    Args:
        reference: The source model and held-out samples.
        metric: The name of a metric; "" for none.

    Returns:
        The metric by its name; empty where there is no metric or there are no labels, and where a chosen metric cannot
        be computed.

    Raises:
        ValueError: The outputs or the labels do not fit the metric.
    """
    if not metric or reference.labels is None:
        return {}
    outputs = select_measured(reference.predict(reference.inputs), reference)
    try:
        return {metric: METRICS[metric](outputs, reference.labels)}
    except ValueError:
        if reference.chosen:
            return {}
        raise


def select_measured(outputs: NamedArrays, reference: Reference) -> NamedArrays:
    """Return the outputs that the labels of a reference belong to.

    Args:
        outputs: The outputs of a model by name.
        reference: The source model and held-out samples.
    """
    name = reference.measured
    return {name: outputs[name]} if name in outputs else outputs


def _find_labels(y: Samples, metric: str, signature: Signature, kind: str) -> _Labels:
    """Return the labels of the first output in the signature for which a metric can use them."""
    if not metric or y is None:
        return _Labels(None, "", "" if metric == AUTO else metric)
    y = without_frame(y, [spec.name for spec in signature.outputs], "y_test")
    pairs: list[tuple[Sequence[TensorSpec], str, Array]]
    if isinstance(y, Mapping):
        pairs = [((spec,), spec.name, np.asarray(y[spec.name])) for spec in signature.outputs if spec.name in y]
    else:
        pairs = [(signature.outputs, "", np.asarray(y))]
    for specs, output, labels in pairs:
        name = choose_metric(kind, specs, labels) if metric == AUTO else metric
        if name and (metric == AUTO or (METRICS[name].accepts(labels) and _can_equal(specs, labels))):
            return _Labels(labels, output, name)
    return _Labels(None, "", "" if metric == AUTO else metric)


def _can_equal(specs: Sequence[TensorSpec], labels: Array) -> bool:
    """Return whether an output can hold what the labels are: texts need an output of texts."""
    return labels.dtype.kind not in "OSU" or any(spec.datatype is BYTES for spec in specs)
