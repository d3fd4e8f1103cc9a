"""Columns without a value: an imputer leaves them out of its answers, and the converted imputer does not."""

from __future__ import annotations

from typing import Any, Final

from pilotlight.conversion.sklearn.walk import name_columns, walk_columns, walk_steps
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of

_IMPUTERS: Final = ("IterativeImputer", "KNNImputer", "SimpleImputer")


def check_empty_columns(model: Any) -> None:
    """Raise ConversionError where an imputer was fitted on a column that holds no value.

    Args:
        model: The fitted estimator or pipeline.
    """
    columns = {id(step): names for step, names in walk_columns(model)}
    for step in walk_steps(model):
        places = _list_empty(step)
        if not places:
            continue
        names = columns.get(id(step), [])
        named = bool(names) and hasattr(model, "feature_names_in_")
        column = repr(name_of(name_columns(model, names)[places[0]])) if named else str(places[0])
        raise ConversionError(
            "x_train in train.py",
            f"has the column {column}, which holds no value, and {type(step).__name__} leaves it out",
            "Leave the column out in load(), and out of [signature] in model.toml.",
        )


def _list_empty(step: Any) -> list[int]:
    """Return the places of the columns that an imputer leaves out."""
    if type(step).__name__ not in _IMPUTERS or not hasattr(step, "n_features_in_"):
        return []
    given = [str(name) for name in getattr(step, "feature_names_in_", [f"x{n}" for n in range(step.n_features_in_)])]
    kept = set(map(str, step.get_feature_names_out()))
    return [place for place, name in enumerate(given) if name not in kept]
