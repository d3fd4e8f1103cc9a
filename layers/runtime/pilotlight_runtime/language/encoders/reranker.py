"""A query and documents in, a score for each document out."""

from __future__ import annotations

from pilotlight_runtime.language.encoders.embedder import DOCUMENT, QUERY, TextEmbedder
from pilotlight_runtime.language.encoders.encoder import EncoderModel
from pilotlight_runtime.language.encoders.vectors import cosine, read_vector
from pilotlight_runtime.light_typing import NamedTuple, Sequence


class Ranked(NamedTuple):
    """How well documents answer a query.

    Attributes:
        scores: From 0 to 1, one for each document in their order.
        tokens: The number of tokens that the model read for each document.
    """

    scores: list[float]
    tokens: list[int]


class Reranker(EncoderModel):
    """A loaded cross-encoder, which reads the query and a document together."""

    def rank(self, query: str, documents: Sequence[str], *, truncate: bool = True) -> Ranked:
        """Scores each document.

        Args:
            query: The query.
            documents: The documents.
            truncate: Whether a pair that is too long is cut off. Otherwise it is refused.

        Returns:
            The scores: the logistic function of what the model computes.

        Raises:
            InvalidRequest: There are too many documents, or a pair is too long.
            InferenceFailed: The graph fails.
        """
        self._encoder.check_count(len(documents))
        framed = self._encoder.frame_pairs(query, documents, truncate=truncate)
        scores = [read_vector(row)[0] for row in self._encoder.run(framed)]
        return Ranked(scores, [len(text.ids) for text in framed])


class EmbeddingReranker:
    """Scores documents with a model for embeddings, where there is no cross-encoder. It is faster and less exact.

    Args:
        embedder: The model for embeddings.
    """

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder

    def rank(self, query: str, documents: Sequence[str], *, truncate: bool = True) -> Ranked:
        """Scores each document by the cosine of its vector with that of the query.

        Args:
            query: The query.
            documents: The documents.
            truncate: Whether a text that is too long is cut off. Otherwise it is refused.

        Returns:
            The scores: (1 + cosine) / 2. The tokens of the query are counted with the first document.

        Raises:
            InvalidRequest: There are too many documents, or a text is too long.
            InferenceFailed: The graph fails.
        """
        wanted = self._embedder.embed([query], QUERY, truncate=truncate)
        found = self._embedder.embed(documents, DOCUMENT, truncate=truncate)
        aim = read_vector(wanted.vectors[0])
        scores = [(1 + cosine(aim, read_vector(vector))) / 2 for vector in found.vectors]
        tokens = found.tokens[:]
        if tokens:
            tokens[0] += wanted.tokens[0]
        return Ranked([min(max(score, 0.0), 1.0) for score in scores], tokens)
