"""Folds and learning curves for scikit-learn's estimators."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset
from pilotlight.core.errors import DataError
from pilotlight.training.run import Run

FOLDS: Final = 5
_SHARES: Final = (0.2, 0.4, 0.6, 0.8, 1.0)


def folds(labels: Array, seed: int, where: str) -> Any:
    """Makes folds for cross-validation inside the training part.

    There are five folds, or as many as the rarest class has samples. Where labels are whole numbers, each fold has the
    same share of each class.

    Args:
        labels: Classes or targets of the training part, shape (n,).
        seed: Decides the order.
        where: The data source's name, for messages.

    Returns:
        A splitter of scikit-learn: `KFold` or `StratifiedKFold`.

    Raises:
        DataError: A class has only one sample.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    classes = labels.dtype.kind in "iu"
    rarest = int(np.unique(labels, return_counts=True)[1].min()) if classes else len(labels)
    if rarest < 2:
        raise DataError(
            where, "has a class with one training sample, which cannot be cross-validated", "Add samples of that class."
        )
    kind = StratifiedKFold if classes else KFold
    return kind(min(FOLDS, rarest), shuffle=True, random_state=seed % 2**32)


def record_learning_curve(run: Run, model: Any, data: Dataset, scoring: str = "accuracy") -> None:
    """Records a score over the number of training samples, by cross-validation inside the training part.

    The held-out part is not used.

    Args:
        run: Receives the points.
        model: An estimator. It is cloned and stays as it is.
        data: The data.
        scoring: The name of a score of scikit-learn.

    Raises:
        DataError: A class has only one sample.
    """
    from sklearn.model_selection import learning_curve

    sizes, fitted, validated = learning_curve(
        model,
        data.x_train,
        data.y_train,
        train_sizes=_SHARES,
        cv=folds(data.y_train, run.seed, run.source),
        scoring=scoring,
        shuffle=True,
        random_state=run.seed % 2**32,
        error_score="raise",
    )
    for place, size in enumerate(sizes.tolist()):
        values = {scoring: float(fitted[place].mean()), f"val_{scoring}": float(validated[place].mean())}
        run.record("training samples", size, values)
