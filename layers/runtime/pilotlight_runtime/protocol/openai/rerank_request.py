"""A request to rank documents by a query.

Sources: Cohere, "API reference", "Rerank" of v1 and v2; Jina AI, "Reranker API". All three have the same fields for the
same things.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields, check_text, read_object
from pilotlight_runtime.protocol.openai.inputs import check_together
from pilotlight_runtime.protocol.openai.model_field import check_model
from pilotlight_runtime.protocol.openai.parameters import RERANK, check_parameters

MOST_DOCUMENTS: Final = 1000


class RerankRequest(NamedTuple):
    """documents: their texts. top: how many are answered. with_documents: whether their texts are answered too."""

    query: str
    documents: list[str]
    top: int
    with_documents: bool


def read_rerank_request(body: Any, name: str) -> RerankRequest:
    """Reads a request.

    Args:
        body: The parsed body.
        name: The model's name.

    Returns:
        The request.

    Raises:
        InvalidRequest: A field is not as it must be, or is not supported.
        NotFound: The body names another model.
    """
    document = read_object(body)
    fields = Fields(document)
    check_model(fields, name)
    check_parameters(document, RERANK)
    query = fields.text("query")
    if not query:
        raise fields.refuse("query", "a text that is not empty")
    documents = document.get("documents")
    if not isinstance(documents, list) or not 1 <= len(documents) <= MOST_DOCUMENTS:
        raise InvalidField(
            "documents", f"documents must be a list of 1 to {MOST_DOCUMENTS} texts, got {summarize(documents)}"
        )
    texts = [_read_document(one, f"documents[{index}]") for index, one in enumerate(documents)]
    check_together("documents", (query, *texts))
    top = min(fields.integer("top_n", len(texts), 1, 2**31), len(texts))
    return RerankRequest(query, texts, top, fields.flag("return_documents"))


def _read_document(value: Any, place: str) -> str:
    if isinstance(value, dict):
        Fields(value, f"{place}.").only("text")
        return check_text(value.get("text"), f"{place}.text")
    return check_text(value, place)
