"""Texts in, a vector for each out."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.encoders.encoder import EncoderModel
from pilotlight_runtime.language.encoders.vectors import shorten_vector
from pilotlight_runtime.light_typing import Final, NamedTuple, Sequence

QUERY: Final = "query"
DOCUMENT: Final = "document"


class Embedded(NamedTuple):
    """Vectors of texts.

    Attributes:
        vectors: One for each text, in their order: FP32, little-endian.
        dimensions: The length of each vector.
        tokens: The number of tokens of each text, with the prefix and the tokens around it.
    """

    vectors: list[bytes]
    dimensions: int
    tokens: list[int]


class TextEmbedder(EncoderModel):
    """A loaded model for embeddings."""

    def embed(
        self,
        texts: Sequence[str | list[int]],
        kind: str = DOCUMENT,
        *,
        dimensions: int | None = None,
        truncate: bool = True,
    ) -> Embedded:
        """Makes a vector of each text. A text may be empty.

        Args:
            texts: The texts, or the tokens of each.
            kind: QUERY or DOCUMENT. The model may have a prefix for each.
            dimensions: The length of the vectors; None takes the model's own.
            truncate: Whether a text that is too long is cut off. Otherwise it is refused.

        Returns:
            The vectors.

        Raises:
            InvalidRequest: There are too many texts, one is too long, or vectors cannot have this length.
            InferenceFailed: The graph fails.
        """
        self._encoder.check_count(len(texts))
        size = self.choose_dimensions(dimensions)
        encode, prefix = self.tokenizer.encode, self.settings.prefixes.get(kind, "")
        tokens = [encode(prefix + text) if isinstance(text, str) else encode(prefix) + text for text in texts]
        framed = self._encoder.frame_tokens(tokens, truncate=truncate)
        vectors = self._encoder.run(framed)
        if size != self.settings.dimensions:
            normalize = self.settings.normalize
            made = [shorten_vector(vector, size, normalize=normalize) for vector in vectors]
        else:
            made = [bytes(vector) for vector in vectors]
        return Embedded(made, size, [len(text.ids) for text in framed])

    def choose_dimensions(self, wanted: int | None) -> int:
        """Chooses the length of the vectors.

        Args:
            wanted: See embed.

        Returns:
            The length.

        Raises:
            InvalidRequest: The model's vectors cannot have it.
        """
        own, shorter = self.settings.dimensions, self.settings.shorter
        if wanted is None or wanted == own:
            return own
        if wanted in shorter:
            return wanted
        known = ", ".join(map(str, sorted({own, *shorter})))
        raise InvalidRequest(f"vectors of {wanted} dimensions were asked for; the model has {known}")
