"""The metrics of a model. Each is computed from the model's outputs and the labels, and a higher value is better."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import ProjectError


class Metric(NamedTuple):
    """One metric.

    Attributes:
        compute: Computes the metric from outputs and labels; raises ValueError where they do not fit.
        labels: The kinds of dtype that the labels may have, as in numpy.dtype.kind.
        rounding: How much single precision alone may lower the metric. It is added to `metric_drop`.
    """

    compute: Callable[[NamedArrays, Array], float]
    labels: str
    rounding: float = 0.0

    def __call__(self, outputs: NamedArrays, labels: Array) -> float:
        return self.compute(outputs, labels)

    def accepts(self, labels: Array) -> bool:
        """Return whether the metric can use labels of this dtype."""
        return np.asarray(labels).dtype.kind in self.labels


def accuracy(outputs: NamedArrays, labels: Array) -> float:
    """Compute the share of samples whose highest score is at the position of the label.

    Args:
        outputs: The scores are the first output of floats with shape (n, classes), else the first output.
        labels: Integers of shape (n,) or (n, 1).

    Returns:
        The share, from 0 to 1.

    Raises:
        ValueError: The outputs or the labels do not fit.
    """
    first = next(iter(outputs.values()))
    scores = next((array for array in outputs.values() if array.ndim == 2 and array.dtype.kind == "f"), first)
    truth = np.asarray(labels).reshape(len(labels), -1)
    if scores.ndim != 2 or truth.shape[1] != 1 or truth.dtype.kind not in "iu":
        raise ValueError(
            f"accuracy needs scores of shape [n, classes] and whole-number labels, not {list(scores.shape)} and "
            f"{truth.dtype} labels of {list(np.shape(labels))}"
        )
    return float(np.mean(np.argmax(scores, axis=1) == truth[:, 0]))


def r2(outputs: NamedArrays, labels: Array) -> float:
    """Compute the coefficient of determination.

    Args:
        outputs: The first output holds numbers of shape (n,) or (n, 1).
        labels: Numbers of shape (n,) or (n, 1).

    Returns:
        1 for exact outputs, 0 for outputs as good as the mean of the labels. There is no lower bound.

    Raises:
        ValueError: The outputs or the labels do not fit, or all labels are equal and R² is undefined.
    """
    found = np.asarray(next(iter(outputs.values())))
    truth = np.asarray(labels)
    if found.size != len(found) or truth.shape not in ((len(found),), (len(found), 1)) or found.dtype.kind not in "iuf":
        raise ValueError(
            f"r2 needs numbers of shape [n] or [n, 1] and as many labels, not {list(found.shape)} and "
            f"{list(truth.shape)}"
        )
    values, wanted = (array.astype(np.float64).ravel() for array in (found, truth))
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    if spread == 0:
        raise ValueError("r2 needs labels that are not all equal")
    return 1.0 - float(((wanted - values) ** 2).sum()) / spread


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
    "accuracy": Metric(accuracy, "iu"),
    "r2": Metric(r2, "iuf", rounding=1e-6),
    "adjusted_rand": Metric(adjusted_rand, "iu"),
    "exact_match": Metric(exact_match, "OSU"),
}


def check_metric(name: str, where: str) -> str:
    """Check that a metric is known.

    Args:
        name: The name of the metric; "" for none.
        where: The file that names it, for the error.

    Returns:
        The name.

    Raises:
        ProjectError: The metric is unknown. The message lists the known ones.
    """
    if name and name not in METRICS:
        raise ProjectError(
            where, f"training.metric {name!r} is not known", f'Known are {", ".join(METRICS)}; "" is none.'
        )
    return name
