"""Models of scikit-learn that answer with another model which they hold: searches, frozen models, pipelines."""

from __future__ import annotations

from typing import Any, Final

DELEGATES: Final = {
    "GridSearchCV": "best_estimator_",
    "RandomizedSearchCV": "best_estimator_",
    "HalvingGridSearchCV": "best_estimator_",
    "HalvingRandomSearchCV": "best_estimator_",
    "FrozenEstimator": "estimator",
    "SelfTrainingClassifier": "estimator_",
}
"""The attribute that holds the model which answers, by class."""


def find_delegate(model: Any) -> Any:
    """Return the model that answers for `model`: itself, or the one that it holds."""
    while type(model).__module__.startswith("sklearn."):
        attribute = DELEGATES.get(type(model).__name__)
        if attribute is None or not hasattr(model, attribute):
            break
        model = getattr(model, attribute)
    return model


def find_final_estimator(model: Any) -> Any:
    """Return the last step of a pipeline, or the model itself, through every model that answers with another."""
    model = find_delegate(model)
    steps = getattr(model, "steps", None)
    if steps and type(model).__name__ == "Pipeline":
        last = next((step for _, step in reversed(steps) if step not in (None, "passthrough")), model)
        return model if last is model else find_final_estimator(last)
    return model
