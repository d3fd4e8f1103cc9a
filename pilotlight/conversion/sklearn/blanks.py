"""Blank words: NaN or None in the frame of a train.py, "" in what callers send and in the graph.

A step that was fitted on NaN or None must answer "" as it answers those. So the frames that it predicts on hold what it
was fitted on, and the copy that is converted knows "" in its place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.walk import name_columns, walk_columns, walk_steps
from pilotlight.core.frames import is_blank


def find_blanks(model: Any) -> dict[str, Any]:
    """Return what stands for a blank word, by column: NaN or None where the model knows it as that.

    Args:
        model: A fitted model.
    """
    found: dict[str, Any] = {}
    if not hasattr(model, "feature_names_in_"):
        return found
    for step, columns in walk_columns(model):
        for place, value in _list_known(step, len(columns)):
            found[name_columns(model, columns)[place]] = value
    return found


def replace_blanks(model: Any) -> Any:
    """Return a model that knows "" where it knew NaN or None as a word; the model itself where it knew none."""
    if not find_blanks(model):
        return model
    result = copy.deepcopy(model)
    for step in walk_steps(result):
        if _imputes_words(step):
            step.missing_values = ""
        if hasattr(step, "categories_"):
            step.categories_ = [_replace(categories) for categories in step.categories_]
    return result


def _list_known(step: Any, count: int) -> Iterator[tuple[int, Any]]:
    """Yield the place of each column whose blank cells a step knows, with the value that it knows them as."""
    if _imputes_words(step) or (_imputes(step) and step.missing_values is None):
        yield from ((place, step.missing_values) for place in range(count))
    for place, categories in enumerate(getattr(step, "categories_", ())):
        if categories.dtype.kind == "O":
            yield from ((place, value) for value in categories.tolist() if is_blank(value))


def _imputes(step: Any) -> bool:
    return type(step).__name__ == "SimpleImputer" and is_blank(step.missing_values)


def _imputes_words(step: Any) -> bool:
    """Return whether a step fills blank words. The statistics of numbers are objects too, where the frame's are."""
    return _imputes(step) and any(isinstance(value, str) for value in np.asarray(step.statistics_).tolist())


def _replace(categories: Any) -> Any:
    if categories.dtype.kind != "O" or not any(map(is_blank, categories.tolist())):
        return categories
    return np.array(["" if is_blank(value) else value for value in categories.tolist()], dtype=object)
