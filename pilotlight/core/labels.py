"""[labels] of model.toml: the names of the classes, which the model returns beside their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec

DEFAULT_OUTPUT: Final = "label"


@dataclass(frozen=True)
class LabelsConfig:
    """[labels] of model.toml.

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


def add_label_output(signature: Signature, labels: LabelsConfig | None) -> Signature:
    """Add the output of class names to a signature.

    Args:
        signature: The inputs and outputs of the source model.
        labels: [labels] of model.toml; None leaves the signature as it is.

    Returns:
        The signature that callers see. The new output is the last one, and its length is that of the scores.
    """
    if labels is None:
        return signature
    scores = signature.output(labels.scores) if labels.scores else signature.outputs[0]
    rows = scores.shape[0] if scores is not None and scores.shape else -1
    return signature._replace(outputs=(*signature.outputs, labels.spec._replace(shape=(rows,))))


def remove_label_output(signature: Signature, labels: LabelsConfig | None) -> Signature:
    """Remove the output of class names from a signature: the reverse of `add_label_output`.

    Args:
        signature: The signature that callers see.
        labels: [labels] of model.toml; None leaves the signature as it is.

    Returns:
        The inputs and outputs of the source model.
    """
    if labels is None:
        return signature
    return signature._replace(outputs=tuple(spec for spec in signature.outputs if spec.name != labels.output))
