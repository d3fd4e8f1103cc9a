"""The source model and held-out samples, as the gate takes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pilotlight.core.artifacts import Dataset, NamedArrays, Reference
from pilotlight.core.errors import ProjectError
from pilotlight.verification.metrics import METRICS
from pilotlight_runtime.signature import Signature


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
        data: Its held-out samples are compared. Labels that `metric` cannot use are left out.
        metric: The name of the configured metric.
        signature: The inputs and outputs that callers see.
        resolve_ties: See Reference.

    Raises:
        ProjectError: The signature has more than one input.
    """
    if len(signature.inputs) != 1:
        names = ", ".join(spec.name for spec in signature.inputs)
        raise ProjectError(
            "[signature] in model.toml",
            f"has the inputs {names}, but a data set holds one array of samples",
            "Give the model one input, or export it to ONNX and use `pilotlight import` with --golden.",
        )
    known = METRICS.get(metric)
    labels = np.asarray(data.y_test)
    usable = labels if known is not None and known.accepts(labels) else None
    return Reference(predict, {signature.inputs[0].name: data.x_test}, usable, resolve_ties)


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
    return {metric: METRICS[metric](reference.predict(reference.inputs), reference.labels)}
