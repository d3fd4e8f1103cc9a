"""The tables that scikit-learn's wheel carries: real data, no network."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.table import Table


def load_bundled(name: str) -> Table:
    """The table `name` of TABLES; classes come as their names, the target of diabetes as a number."""
    bunch = _bunch(name)
    names = np.asarray(getattr(bunch, "target_names", ()))
    target = names[bunch.target] if len(names) else bunch.target
    return Table(feature_names(name), np.asarray(bunch.data, np.float64), np.asarray(target))


def feature_names(name: str) -> tuple[str, ...]:
    """The columns of the table `name` of TABLES, in their order."""
    return tuple(str(column) for column in _bunch(name).feature_names)


def _bunch(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise DataError(
            f"data source {name!r}", "needs scikit-learn", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    return getattr(datasets, f"load_{name}")()
