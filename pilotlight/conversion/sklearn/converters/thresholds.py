"""Binary classifiers that compare a score with a threshold of their own."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn.converters.nodes import INT64, Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by
from pilotlight.conversion.sklearn.not_convertible import NotConvertible


@convert_by(
    "model_selection.FixedThresholdClassifier",
    "model_selection.TunedThresholdClassifierCV",
    results=["label", "scores"],
)
def compare_with_threshold(model: Any, nodes: Nodes, _samples: str) -> list[str]:
    """Return the positive class where its probability reaches the threshold.

    Source: FixedThresholdClassifier.predict and TunedThresholdClassifierCV.predict.
    """
    name = type(model).__name__
    if model.response_method == "decision_function" or not hasattr(model.estimator_, "predict_proba"):
        raise NotConvertible(f"{name} compares decision scores; a threshold of probabilities converts")
    tuned = getattr(model, "best_threshold_", None)
    threshold = float(tuned if tuned is not None else 0.5 if model.threshold == "auto" else model.threshold)
    pos_label = getattr(model, "pos_label", None)
    positive = 1 if pos_label is None else int((model.classes_ == pos_label).argmax())
    _, probabilities = nodes.apply(model.estimator_)
    score = nodes.add("Reshape", nodes.columns(probabilities, [positive]), [-1])
    reached = nodes.cast(nodes.add("GreaterOrEqual", score, threshold), INT64)
    classes = model.classes_ if positive == 1 else model.classes_[::-1]
    return [nodes.pick(classes, reached), probabilities]
