"""[labels] of model.toml: the names of the classes, which the model returns beside their scores.

A model of one output with scores has [labels]. A model of several has [[labels]], one for each such output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec

DEFAULT_OUTPUT: Final = "label"


@dataclass(frozen=True)
class LabelsConfig:
    """[labels] of model.toml, or one entry of [[labels]].

    Attributes:
        names: The names of the classes, in the order of the scores.
        scores: The output with one score for each class; "" for the first output.
        output: The name of the output that carries the class names.
    """

    names: tuple[str, ...]
    scores: str = ""
    output: str = DEFAULT_OUTPUT

    @property
    def spec(self) -> TensorSpec:
        """The output of class names, one for each sample."""
        return TensorSpec(self.output, BYTES, (-1,))


def add_label_outputs(signature: Signature, labels: Sequence[LabelsConfig]) -> Signature:
    """Add the outputs of class names to a signature.

    Args:
        signature: The inputs and outputs of the source model.
        labels: [labels] of model.toml; without any the signature stays as it is.

    Returns:
        The signature that callers see. The new outputs are the last ones, and each is as long as its scores.
    """
    added = [one.spec._replace(shape=(_count_rows(signature, one),)) for one in labels]
    return signature._replace(outputs=(*signature.outputs, *added)) if added else signature


def remove_label_outputs(signature: Signature, labels: Sequence[LabelsConfig]) -> Signature:
    """Remove the outputs of class names from a signature: the reverse of `add_label_outputs`.

    Args:
        signature: The signature that callers see.
        labels: [labels] of model.toml; without any the signature stays as it is.

    Returns:
        The inputs and outputs of the source model.
    """
    names = {one.output for one in labels}
    kept = tuple(spec for spec in signature.outputs if spec.name not in names)
    return signature._replace(outputs=kept) if names else signature


def _count_rows(signature: Signature, labels: LabelsConfig) -> int:
    scores = signature.output(labels.scores) if labels.scores else signature.outputs[0]
    return scores.shape[0] if scores is not None and scores.shape else -1
