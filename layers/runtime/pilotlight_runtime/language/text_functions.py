"""Texts as tensors: what `infer` and `generate` of a language model take and give."""

from __future__ import annotations

from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Sequence
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tensors import MOST_CHARACTERS, read_texts, texts_tensor

if TYPE_CHECKING:
    from pilotlight_runtime.language.encoders.classifier import LanguageClassifier
    from pilotlight_runtime.language.encoders.embedder import TextEmbedder
    from pilotlight_runtime.language.encoders.reranker import Reranker
    from pilotlight_runtime.language.encoders.tagger import Entity, Tagger

Tensors = dict[str, Tensor]
Function = Callable[[Tensors], Tensors]

TEXT: Final = "text"
_write_json: Final = make_encoder(ensure_ascii=False, separators=(",", ":"))


def read_text_input(inputs: Tensors, name: str = TEXT) -> list[str]:
    """Reads an input of texts; InvalidRequest where one is empty, not UTF-8, or too long."""
    return read_texts(name, inputs[name], MOST_CHARACTERS)


def embed_texts(embedder: TextEmbedder) -> Function:
    """Makes the function from `text` to `embedding`, FP32 of shape (texts, dimensions)."""

    def predict(inputs: Tensors) -> Tensors:
        found = embedder.embed(read_text_input(inputs))
        shape = (len(found.vectors), found.dimensions)
        return {"embedding": Tensor(FP32, shape, memoryview(b"".join(found.vectors)))}

    return predict


def classify_texts(classifier: LanguageClassifier) -> Function:
    """Makes the function from `text` to `label` and `probabilities`, FP32 of shape (texts, labels)."""

    def predict(inputs: Tensors) -> Tensors:
        found = classifier.classify(read_text_input(inputs))
        return {
            "label": texts_tensor(found.labels),
            "probabilities": rows_tensor(found.probabilities, len(classifier.labels)),
        }

    return predict


def tag_texts(tagger: Tagger) -> Function:
    """Makes the function from `text` to `entities`, a JSON list for each text."""

    def predict(inputs: Tensors) -> Tensors:
        found = tagger.tag(read_text_input(inputs))
        return {"entities": texts_tensor(_write_json([_write_entity(one) for one in row]) for row in found.entities)}

    return predict


def rank_texts(reranker: Reranker) -> Function:
    """Makes the function from `query` and `text` to `score`, FP32 of shape (texts,)."""

    def predict(inputs: Tensors) -> Tensors:
        queries = read_text_input(inputs, "query")
        if len(queries) != 1:
            raise InvalidRequest(f"input 'query' must have one text, got {len(queries)}")
        found = reranker.rank(queries[0], read_text_input(inputs))
        return {"score": rows_tensor([found.scores], len(found.scores), flat=True)}

    return predict


def rows_tensor(rows: Sequence[Sequence[float]], width: int, *, flat: bool = False) -> Tensor:
    """Makes a tensor of numbers.

    Args:
        rows: Rows of `width` numbers.
        width: The numbers of a row.
        flat: Whether there is one row, and no dimension for it.

    Returns:
        FP32 of shape (rows, width), or (width,).
    """
    from struct import pack

    numbers = [number for row in rows for number in row]
    shape = (width,) if flat else (len(rows), width)
    return Tensor(FP32, shape, memoryview(pack(f"<{len(numbers)}f", *numbers)))


def _write_entity(entity: Entity) -> dict[str, object]:
    return entity._asdict()
