"""The fitted steps inside of a scikit-learn model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

_HELD: Final = ("best_estimator_", "estimator_", "regressor_", "classifier_")
"""The attributes that hold the model which does the work: of searches, of models that transform the target."""


def find_first_step(model: Any) -> Any:
    """Return the step that takes the samples of a model: the model itself where it is no pipeline."""
    for attribute in _HELD:
        if type(model).__module__.startswith("sklearn.") and hasattr(model, attribute):
            return find_first_step(getattr(model, attribute))
    steps = [step for _, step in getattr(model, "steps", ()) if step not in (None, "passthrough")]
    return find_first_step(steps[0]) if steps else model


def walk_steps(model: Any) -> Iterator[Any]:
    """Yield a model and every fitted step inside of it.

    Args:
        model: A fitted model, pipeline, column transformer or union.
    """
    if model is None or isinstance(model, str):
        return
    yield model
    for _, step in getattr(model, "steps", ()):
        yield from walk_steps(step)
    for _, step, _ in getattr(model, "transformers_", ()):
        yield from walk_steps(step)
    for _, step in getattr(model, "transformer_list", ()):
        yield from walk_steps(step)
    for attribute in _HELD:
        yield from walk_steps(getattr(model, attribute, None))


def walk_columns(model: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the first step that takes columns, with these columns: their names, or their places.

    Args:
        model: A fitted model.
    """
    first = find_first_step(model)
    if type(first).__name__ != "ColumnTransformer":
        yield first, list(getattr(first, "feature_names_in_", ()))
        return
    for _, step, columns in first.transformers_:
        if isinstance(step, str):
            continue
        named = [columns] if isinstance(columns, str | int | np.integer) else list(columns)
        inner = find_first_step(step)
        if type(inner).__name__ == "ColumnTransformer":
            yield from walk_columns(inner)
        else:
            yield inner, named


def name_columns(model: Any, columns: Sequence[Any]) -> list[str]:
    """Return the names of columns that a step of a model takes.

    Args:
        model: A model that was fitted on a frame.
        columns: Their names, or their places in the frame.
    """
    names = [str(name) for name in model.feature_names_in_]
    return [names[column] if isinstance(column, int | np.integer) else str(column) for column in columns]
