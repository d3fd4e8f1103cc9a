"""What stands behind an encoder: how its vectors of tokens become the answer for a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotlight.core.documents import describe
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.encoders.family import Family
from pilotlight.language.encoders.weights import Linear, read_linear
from pilotlight.language.files.tensor_file import TensorFile
from pilotlight.language.tasks import CLASSIFY, EMBED, RERANK, TAG

MEAN, FIRST, LAST, MAX, EACH, DONE = "mean", "cls", "last", "max", "", "done"
POOLINGS: Final = (MEAN, FIRST, LAST, MAX)
NORMALIZE, SOFTMAX, SIGMOID, PLAIN = "normalize", "softmax", "sigmoid", ""
OUTPUTS: Final = {EMBED: "embedding", CLASSIFY: "probabilities", TAG: "probabilities", RERANK: "score"}
"""The output of the graph for each task."""


@dataclass(frozen=True)
class Dense:
    """A linear layer and what follows it: "tanh", "relu", or "" for nothing."""

    linear: Linear
    activation: str


@dataclass(frozen=True)
class Head:
    """The way from the vectors of tokens to the answer.

    Attributes:
        task: EMBED, CLASSIFY, TAG or RERANK.
        pool: How a text gets one vector: MEAN, FIRST, LAST or MAX of its tokens; EACH where each token has an answer;
            DONE where the graph has done this and `layers`.
        layers: The layers behind.
        finish: NORMALIZE to length 1, SOFTMAX, SIGMOID, or PLAIN.
    """

    task: str
    pool: str
    layers: tuple[Dense, ...]
    finish: str

    @property
    def output(self) -> str:
        """The output of the graph."""
        return OUTPUTS[self.task]


def read_head(file: TensorFile, family: Family, task: str, config: Mapping[str, Any], where: str) -> Head:
    """Read the head of a classifier, tagger or reranker.

    Args:
        file: The tensors.
        family: The family of the encoder.
        task: CLASSIFY, TAG or RERANK.
        config: The content of config.json.
        where: The file in an error.

    Raises:
        ConversionError: A tensor is missing or has another shape, or the labels do not fit.
    """
    labels, hidden = len(read_labels(config, task, where)), int(config[family.settings.hidden])
    if task == TAG:
        return Head(TAG, EACH, (Dense(read_linear(file, "classifier", hidden, labels), PLAIN),), SOFTMAX)
    (first, activation), (last, _) = family.head
    layers = (
        Dense(read_linear(file, first, hidden, hidden), activation),
        Dense(read_linear(file, last, hidden, labels), PLAIN),
    )
    return Head(task, FIRST, layers, find_finish(task, config))


def find_finish(task: str, config: Mapping[str, Any]) -> str:
    """Return how the scores of a classifier, tagger or reranker become numbers from 0 to 1."""
    several = config.get("problem_type") == "multi_label_classification"
    return SIGMOID if task == RERANK or several else SOFTMAX


def read_labels(config: Mapping[str, Any], task: str, where: str) -> tuple[str, ...]:
    """Return the names of the classes in the order of the scores.

    Args:
        config: The content of config.json.
        task: CLASSIFY, TAG or RERANK. A reranker has one score and no name for it.
        where: The file in an error.

    Raises:
        ConversionError: id2label does not number the classes from 0.
    """
    named = config.get("id2label")
    if named is None:  # transformers' own default
        count = config.get("num_labels", 1 if task == RERANK else 2)
        if type(count) is not int or count < 1:
            raise ConversionError(where, f"num_labels is {describe(count)}", "It is the number of classes.")
        return tuple(f"LABEL_{index}" for index in range(count))
    if not isinstance(named, dict) or sorted(named) != sorted(map(str, range(len(named)))) or not named:
        raise ConversionError(where, "id2label does not number the classes from 0", "Correct it.")
    labels = tuple(named[str(index)] for index in range(len(named)))
    for label in labels:
        if not isinstance(label, str):
            raise ConversionError(where, f"id2label has the class {name_of(str(label))}, no text", "Correct it.")
    return labels
