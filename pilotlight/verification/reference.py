"""The source model and held-out samples, as the gate takes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pilotlight.core.artifacts import Dataset, Named, Reference
from pilotlight.core.errors import ProjectError
from pilotlight.verification.metrics import METRICS
from pilotlight_runtime.signature import Signature


def make_reference(
    predict: Callable[[Named], Named],
    data: Dataset,
    metric: str,
    signature: Signature,
    settle: Callable[[Named, Named], Named] | None = None,
) -> Reference:
    """Return the source model's predictions and the held-out part of `data` as a Reference.

    Args:
        predict: The source model on named inputs.
        data: Its held-out samples are compared. Labels that `metric` cannot judge by are left out.
        metric: The name of the configured metric.
        signature: What callers send and get.
        settle: See Reference.

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
    judge = METRICS.get(metric)
    labels = np.asarray(data.y_test)
    usable = labels if judge is not None and judge.takes(labels) else None
    return Reference(predict, {signature.inputs[0].name: data.x_test}, usable, settle)


def measure_held_out(reference: Reference, metric: str) -> dict[str, float]:
    """Return the source model's `metric` over the whole held-out part, by name; nothing where there is none."""
    if not metric or reference.labels is None:
        return {}
    return {metric: METRICS[metric](reference.predict(reference.inputs), reference.labels)}
