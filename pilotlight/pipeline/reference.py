"""The source model and held-out samples, as the gate wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotlight.conversion import Adapter
from pilotlight.core.artifacts import Dataset, Named, Reference
from pilotlight.core.errors import ProjectError
from pilotlight.parity import METRICS
from pilotlight_runtime.signature import Signature


def reference_of(adapter: Adapter, model: Any, data: Dataset, signature: Signature, metric: str) -> Reference:  # noqa: ANN401
    """`model` and the held-out part of `data`; ProjectError where the model takes more than one input.

    Labels that `metric` cannot judge by are left out.
    """

    def predict(inputs: Named) -> Named:
        return adapter.predict(model, inputs, signature)

    return reference_from(predict, data, signature, metric)


def reference_from(predict: Callable[[Named], Named], data: Dataset, signature: Signature, metric: str) -> Reference:
    """As reference_of, of a model that predicts by itself."""
    if len(signature.inputs) != 1:
        names = ", ".join(spec.name for spec in signature.inputs)
        raise ProjectError(
            "[signature] in model.toml",
            f"has the inputs {names}, but a data set holds one array of samples",
            "Give the model one input, or export it to ONNX and use `pilotlight import` with --golden.",
        )

    judge = METRICS.get(metric)
    labels = data.y_test if judge is not None and judge.takes(data.y_test) else None
    return Reference(predict, {signature.inputs[0].name: data.x_test}, labels)


def held_out_metrics(reference: Reference, metric: str) -> dict[str, float]:
    """The source model's `metric` over the whole held-out part, by name; nothing where there is none."""
    if not metric or reference.labels is None:
        return {}
    return {metric: METRICS[metric](reference.predict(reference.inputs), reference.labels)}
