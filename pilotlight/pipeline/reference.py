"""The source model and held-out samples, as the gate wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pilotlight.conversion import Adapter, adapter_for, labelled, settled
from pilotlight.core.artifacts import Dataset, Exported, Fitted, Named, Reference
from pilotlight.core.errors import ProjectError
from pilotlight.core.labels import unlabelled
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.verification import METRICS
from pilotlight_runtime.signature import Signature


def reference_of(
    adapter: Adapter,
    model: Any,
    data: Dataset,
    config: ModelConfig,
    signature: Signature,
) -> Reference:
    """`model` and the held-out part of `data`; see reference_from. signature: as served, names of classes included."""
    own = unlabelled(signature, config.labels)

    def predict(inputs: Named) -> Named:
        return labelled(adapter.predict(model, inputs, own), config.labels)

    settle = None if config.labels is None else partial(settled, labels=config.labels, parity=config.parity)
    return replace(reference_from(predict, data, config, signature), settle=settle)


def reference_from(
    predict: Callable[[Named], Named], data: Dataset, config: ModelConfig, signature: Signature
) -> Reference:
    """A model that predicts by itself, and the held-out part of `data`.

    Labels that the configured metric cannot judge by are left out. ProjectError where there is more than one input.
    """
    if len(signature.inputs) != 1:
        names = ", ".join(spec.name for spec in signature.inputs)
        raise ProjectError(
            "[signature] in model.toml",
            f"has the inputs {names}, but a data set holds one array of samples",
            "Give the model one input, or export it to ONNX and use `pilotlight import` with --golden.",
        )
    metric = METRICS.get(config.training.metric)
    labels = np.asarray(data.y_test)
    judged = labels if metric is not None and metric.takes(labels) else None
    return Reference(predict, {signature.inputs[0].name: data.x_test}, judged)


def reference_of_fitted(fitted: Fitted, config: ModelConfig, signature: Signature) -> Reference:
    """What train.py gave and the held-out part of its data, as reference_of and reference_from have them."""
    if isinstance(fitted.model, Exported):
        return reference_from(fitted.model.predict, fitted.dataset, config, signature)
    return reference_of(adapter_for(fitted.model), fitted.model, fitted.dataset, config, signature)


def held_out_metrics(reference: Reference, metric: str) -> dict[str, float]:
    """The source model's `metric` over the whole held-out part, by name; nothing where there is none."""
    if not metric or reference.labels is None:
        return {}
    return {metric: METRICS[metric](reference.predict(reference.inputs), reference.labels)}
