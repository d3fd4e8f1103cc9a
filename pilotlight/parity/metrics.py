"""What a model is judged by. Each metric takes the model's outputs and the labels; higher is better."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, Named
from pilotlight.core.errors import ProjectError


class Metric(NamedTuple):
    """compute: from outputs and labels, ValueError for what it cannot judge. labels: the kinds of dtype it takes."""

    compute: Callable[[Named, Array], float]
    labels: str

    def __call__(self, outputs: Named, labels: Array) -> float:
        return self.compute(outputs, labels)

    def takes(self, labels: Array) -> bool:
        """Whether labels of such a dtype can be judged by."""
        return np.asarray(labels).dtype.kind in self.labels


def accuracy(outputs: Named, labels: Array) -> float:
    """The share of samples, 0..1, whose highest score in the first output is at the label's place.

    outputs: the first is scores of shape (n, classes). labels: whole numbers of shape (n,) or (n, 1). ValueError for
    anything else.
    """
    scores = next(iter(outputs.values()))
    truth = np.asarray(labels).reshape(len(labels), -1)
    if scores.ndim != 2 or truth.shape[1] != 1 or truth.dtype.kind not in "iu":
        raise ValueError(
            f"accuracy needs scores of shape [n, classes] and whole-number labels, not {list(scores.shape)} and "
            f"{truth.dtype} labels of {list(np.shape(labels))}"
        )
    return float(np.mean(np.argmax(scores, axis=1) == truth[:, 0]))


def exact_match(outputs: Named, labels: Array) -> float:
    """The share of samples, 0..1, whose text in the first output is the label, letter case and white space aside.

    outputs: the first is texts of shape (n,). labels: as many texts. ValueError for anything else.
    """
    found, wanted = (np.asarray(texts) for texts in (next(iter(outputs.values())), labels))
    if any(texts.ndim != 1 or texts.dtype.kind not in "OSU" for texts in (found, wanted)) or len(found) != len(wanted):
        raise ValueError(
            f"exact_match needs an output of texts of shape [n] and as many texts as labels, not {found.dtype} of "
            f"{list(found.shape)} and {wanted.dtype} of {list(wanted.shape)}"
        )
    same = [_plain(one) == _plain(other) for one, other in zip(found.tolist(), wanted.tolist(), strict=True)]
    return float(np.mean(same))


def _plain(text: str | bytes) -> list[str]:
    return (text.decode() if isinstance(text, bytes) else text).lower().split()


METRICS: Final[dict[str, Metric]] = {
    "accuracy": Metric(accuracy, "iu"),
    "exact_match": Metric(exact_match, "OSU"),
}


def check_metric(name: str, where: str) -> str:
    """`name` itself where it is a metric or "" (none); ProjectError names the known ones."""
    if name and name not in METRICS:
        raise ProjectError(
            where, f"training.metric {name!r} is not known", f'Known are {", ".join(METRICS)}; "" is none.'
        )
    return name
