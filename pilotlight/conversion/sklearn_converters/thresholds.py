"""Binary classifiers that compare a score with a threshold of their own."""

from __future__ import annotations

from typing import Any

from pilotlight.conversion.sklearn_converters.nodes import Nodes
from pilotlight.conversion.sklearn_converters.registry import convert_by


@convert_by("model_selection.FixedThresholdClassifier")
def compare_with_threshold(model: Any, nodes: Nodes, samples: str) -> list[str]:  # noqa: ARG001  (as formulas are)
    """Return the positive class where its probability reaches the threshold.

    Source: FixedThresholdClassifier.predict.
    """
    if model.response_method == "decision_function" or not hasattr(model.estimator_, "predict_proba"):
        raise NotImplementedError("FixedThresholdClassifier compares decision scores; a threshold of probabilities converts")
    positive = 1 if model.pos_label is None else int((model.classes_ == model.pos_label).argmax())
    threshold = 0.5 if model.threshold == "auto" else float(model.threshold)
    _, probabilities = nodes.apply(model.estimator_)
    score = nodes.add("Reshape", nodes.columns(probabilities, [positive]), [-1])
    reached = nodes.add("Cast", nodes.add("GreaterOrEqual", score, threshold), to=7)
    classes = model.classes_ if positive == 1 else model.classes_[::-1]
    return [nodes.pick(classes, reached), probabilities]
