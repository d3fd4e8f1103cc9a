"""What a model is judged by. Each metric takes the model's outputs and the labels; higher is better."""

from collections.abc import Callable
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array, Named
from pilotlight.core.errors import ProjectError


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


METRICS: Final[dict[str, Callable[[Named, Array], float]]] = {"accuracy": accuracy}


def check_metric(name: str, where: str) -> str:
    """`name` itself where it is a metric or "" (none); ProjectError names the known ones."""
    if name and name not in METRICS:
        raise ProjectError(
            where, f"training.metric {name!r} is not known", f'Known are {", ".join(METRICS)}; "" is none.'
        )
    return name
