"""[labels] of model.toml: the names of the classes, which an answer carries beside their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec

DEFAULT_OUTPUT: Final = "label"


@dataclass(frozen=True)
class LabelsConfig:
    """names: of the classes, in the order of the scores. scores: the output that has one score a class, "" the first.

    output: how the output with the names is called.
    """

    names: tuple[str, ...]
    scores: str = ""
    output: str = DEFAULT_OUTPUT

    @property
    def spec(self) -> TensorSpec:
        """The output, where the number of samples is open: one name a sample."""
        return TensorSpec(self.output, BYTES, (-1,))


def add_label_output(signature: Signature, labels: LabelsConfig | None) -> Signature:
    """`signature` of a model as callers see it: with the output of names, as many as scores, behind its own."""
    if labels is None:
        return signature
    scores = signature.output(labels.scores) if labels.scores else signature.outputs[0]
    rows = scores.shape[0] if scores is not None and scores.shape else -1
    return signature._replace(outputs=(*signature.outputs, labels.spec._replace(shape=(rows,))))


def remove_label_output(signature: Signature, labels: LabelsConfig | None) -> Signature:
    """The reverse: `signature` without the output of names, which is the source model's own."""
    if labels is None:
        return signature
    return signature._replace(outputs=tuple(spec for spec in signature.outputs if spec.name != labels.output))
