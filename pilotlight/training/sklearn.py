"""What a train.py with scikit-learn needs again and again: folds, and a learning curve over them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset
from pilotlight.core.errors import DataError
from pilotlight.training.run import Run

FOLDS: Final = 5
_SHARES: Final = (0.2, 0.4, 0.6, 0.8, 1.0)


def folds(labels: Array, seed: int, where: str) -> Any:
    """Five folds of the training part, shuffled by `seed`, with the same share of each class where labels are classes.

    Fewer where the rarest class has fewer samples; DataError, which calls the source `where`, for one with only one.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    classes = labels.dtype.kind in "iu"
    rarest = int(np.unique(labels, return_counts=True)[1].min()) if classes else len(labels)
    if rarest < 2:
        raise DataError(
            where, "has a class with one sample to learn from, which cannot be cross-validated", "Add samples of it."
        )
    kind = StratifiedKFold if classes else KFold
    return kind(min(FOLDS, rarest), shuffle=True, random_state=seed % 2**32)


def record_learning_curve(run: Run, model: Any, data: Dataset, scoring: str = "accuracy") -> None:
    """Records `scoring` over the number of training samples, by cross-validation inside the training part.

    model: an estimator, which is cloned. The held-out part is not looked at. DataError as `folds` raises it.
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
