"""The metrics of a model. Each is computed from the model's outputs and the labels."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ProjectError
from pilotlight.verification.accuracy import accuracy


class Metric(NamedTuple):
    """One metric.

    Attributes:
        compute: Computes the metric from outputs and labels; raises ValueError where they do not fit.
        labels: The kinds of dtype that the labels may have, as in numpy.dtype.kind.
        rounding: How much single precision alone may worsen the metric. It is added to `metric_drop`.
        higher_is_better: The direction of the metric.
        has_unit: Whether the metric has the unit of the labels, so that its rounding follows from the tolerances of the
            values.
    """

    compute: Callable[[NamedArrays, Array], float]
    labels: str
    rounding: float = 0.0
    higher_is_better: bool = True
    has_unit: bool = False

    def __call__(self, outputs: NamedArrays, labels: Array) -> float:
        return self.compute(outputs, labels)

    def accepts(self, labels: Array) -> bool:
        """Return whether the metric can use labels of this dtype."""
        return np.asarray(labels).dtype.kind in self.labels

    def orient(self, value: float) -> float:
        """Return a value that is higher for a better model: the metric, or its negative."""
        return value if self.higher_is_better else -value


def r2(outputs: NamedArrays, labels: Array) -> float:
    """Compute the coefficient of determination, the mean over several targets, as sklearn.metrics.r2_score does.

    Args:
        outputs: The first output of numbers with as many values as labels.
        labels: Numbers of shape (n,), (n, 1) or (n, targets).

    Returns:
        1 for exact outputs, 0 for outputs as good as the mean of the labels. There is no lower bound.

    Raises:
        ValueError: The outputs or the labels do not fit, or all labels of a target are equal and R² is undefined.
    """
    values, wanted = _pair_targets("r2", outputs, labels)
    spread = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
    if not spread.all():
        raise ValueError("r2 needs labels that are not all equal")
    return float(np.mean(1.0 - ((wanted - values) ** 2).sum(axis=0) / spread))


def mean_absolute_error(outputs: NamedArrays, labels: Array) -> float:
    """Compute the mean distance of the outputs from the labels, over all samples and targets, in their unit.

    Args:
        outputs: The first output of numbers with as many values as labels.
        labels: Numbers of shape (n,), (n, 1) or (n, targets).

    Returns:
        The mean, 0 for exact outputs. Lower is better.

    Raises:
        ValueError: The outputs or the labels do not fit.
    """
    values, wanted = _pair_targets("mean_absolute_error", outputs, labels)
    return float(np.abs(wanted - values).mean())


def _pair_targets(name: str, outputs: NamedArrays, labels: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return outputs and labels as numbers of shape [n, targets]."""
    truth = np.asarray(labels)
    shape = (len(truth), truth.size // max(len(truth), 1)) if truth.ndim in (1, 2) else None
    first = next(iter(outputs.values()))
    fitting = (array for array in outputs.values() if array.dtype.kind in "iuf" and array.size == truth.size)
    found = next((array for array in fitting if len(array) == len(truth)), None)
    if found is None or shape is None or truth.dtype.kind not in "iufb":
        raise ValueError(
            f"{name} needs numbers of shape [n], [n, 1] or [n, targets] and as many labels, not "
            f"{list(first.shape)} and {list(truth.shape)}"
        )
    return found.astype(np.float64).reshape(shape), truth.astype(np.float64).reshape(shape)


def adjusted_rand(outputs: NamedArrays, labels: Array) -> float:
    """Compute the adjusted Rand index: how well clusters agree with true groups, whatever their numbers.

    Source: Hubert and Arabie, "Comparing partitions", 1985, equation 5.

    Args:
        outputs: The clusters are the first output of integers, of shape (n,).
        labels: Integers of shape (n,).

    Returns:
        1 for the same partition, 0 for the agreement of chance.

    Raises:
        ValueError: The outputs or the labels do not fit.
    """
    clusters = next((array for array in outputs.values() if array.dtype.kind in "iu"), None)
    truth = np.asarray(labels)
    if clusters is None or clusters.ndim != 1 or truth.shape != clusters.shape or truth.dtype.kind not in "iu":
        raise ValueError("adjusted_rand needs an output of whole numbers of shape [n] and as many whole-number labels")
    (_, places), (_, groups) = (np.unique(array, return_inverse=True) for array in (clusters, truth))
    table = np.zeros((places.max() + 1, groups.max() + 1), np.int64)
    np.add.at(table, (places, groups), 1)
    both, rows, columns, every = (_count_pairs(part) for part in (table, table.sum(1), table.sum(0), table.sum()))
    chance = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def _count_pairs(counts: NDArray[np.int64]) -> float:
    """Return the number of pairs within each count, added up."""
    return float((counts * (counts - 1) // 2).sum())


def exact_match(outputs: NamedArrays, labels: Array) -> float:
    """Compute the share of samples whose text equals the label, except for letter case and white space.

    Args:
        outputs: The first output holds texts of shape (n,).
        labels: Texts of shape (n,).

    Returns:
        The share, from 0 to 1.

    Raises:
        ValueError: The outputs or the labels do not fit.
    """
    found, wanted = (np.asarray(texts) for texts in (next(iter(outputs.values())), labels))
    if any(texts.ndim != 1 or texts.dtype.kind not in "OSU" for texts in (found, wanted)) or len(found) != len(wanted):
        raise ValueError(
            f"exact_match needs an output of texts of shape [n] and as many texts as labels, not {found.dtype} of "
            f"{list(found.shape)} and {wanted.dtype} of {list(wanted.shape)}"
        )
    same = [
        _normalize_text(one) == _normalize_text(other)
        for one, other in zip(found.tolist(), wanted.tolist(), strict=True)
    ]
    return float(np.mean(same))


def _normalize_text(text: str | bytes) -> list[str]:
    return (text.decode() if isinstance(text, bytes) else text).lower().split()


METRICS: Final[dict[str, Metric]] = {
    "accuracy": Metric(accuracy, "iubOSU"),
    "r2": Metric(r2, "iuf", rounding=1e-6),
    "adjusted_rand": Metric(adjusted_rand, "iu"),
    "exact_match": Metric(exact_match, "OSU"),
    "mean_absolute_error": Metric(mean_absolute_error, "iuf", higher_is_better=False, has_unit=True),
}
AUTO: Final = "auto"
"""The name that lets choose_metric.py choose."""


def list_computable(outputs: NamedArrays, labels: Array) -> list[str]:
    """Return the names of the metrics that can be computed from outputs and labels."""
    found = []
    for name, metric in METRICS.items():
        try:
            metric(outputs, labels)
        except (ValueError, IndexError, TypeError):
            continue
        found.append(name)
    return found


def check_metric(name: str, where: str) -> str:
    """Check that a metric is known.

    Args:
        name: The name of the metric; "auto" for the one that fits, "" for none.
        where: The file that names it, for the error.

    Returns:
        The name.

    Raises:
        ProjectError: The metric is unknown. The message lists the known ones.
    """
    if name not in ("", AUTO, *METRICS):
        known = f'Known are {", ".join(METRICS)}; "auto" is the one that fits, "" is none.'
        raise ProjectError(where, f"training.metric {name!r} is not known", known)
    return name
