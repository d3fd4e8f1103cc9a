"""The tables in scikit-learn's wheel: real data that needs no network."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.table import Table


def load_sklearn_table(name: str) -> Table:
    """The table `name` of TABLES. Classes are their names, the target of diabetes is a number."""
    bunch = _bunch(name)
    names = np.asarray(getattr(bunch, "target_names", ()))
    target = names[bunch.target] if len(names) else bunch.target
    return Table(feature_names(name), np.asarray(bunch.data, np.float64), np.asarray(target))


def feature_names(name: str) -> tuple[str, ...]:
    """The names of a table's columns.

    Args:
        name: A table of scikit-learn: "breast_cancer", "diabetes", "iris" or "wine".

    Returns:
        The names of the features, in their order in x.

    Raises:
        DataError: scikit-learn is not installed.
    """
    return tuple(str(column) for column in _bunch(name).feature_names)


def _bunch(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise DataError(
            f"data source {name!r}", "needs scikit-learn", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    return getattr(datasets, f"load_{name}")()
