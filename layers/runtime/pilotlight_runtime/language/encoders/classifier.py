"""Texts in, the probability of each class out."""

from __future__ import annotations

from pilotlight_runtime.language.encoders.encoder import EncoderModel
from pilotlight_runtime.language.encoders.vectors import read_vector
from pilotlight_runtime.light_typing import NamedTuple, Sequence
from pilotlight_runtime.types import LoadedModel


class Classified(NamedTuple):
    """Classes of texts.

    Attributes:
        labels: For each text, the name of its most probable class.
        probabilities: For each text, the probability of each class in the order of the model's labels.
        tokens: The number of tokens of each text.
    """

    labels: list[str]
    probabilities: list[list[float]]
    tokens: list[int]


class LanguageClassifier(EncoderModel):
    """A loaded text classifier."""

    def __init__(self, model: LoadedModel) -> None:
        super().__init__(model)
        self.labels = self.settings.labels

    def classify(self, texts: Sequence[str], *, truncate: bool = True) -> Classified:
        """Classifies each text.

        Args:
            texts: The texts.
            truncate: Whether a text that is too long is cut off. Otherwise it is refused.

        Returns:
            The classes. The probabilities of a text add up to 1 unless the model gives several labels to one text.

        Raises:
            InvalidRequest: There are too many texts, or one is too long.
            InferenceFailed: The graph fails.
        """
        self._encoder.check_count(len(texts))
        framed = self._encoder.frame(texts, truncate=truncate)
        probabilities = [read_vector(row) for row in self._encoder.run(framed)]
        labels = [self.labels[row.index(max(row))] for row in probabilities]
        return Classified(labels, probabilities, [len(text.ids) for text in framed])
