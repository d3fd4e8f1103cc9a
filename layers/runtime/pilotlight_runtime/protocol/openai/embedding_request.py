"""A request for embeddings. Source: OpenAI, "API reference", "Create embeddings"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.protocol.openai.fields import Fields, read_object
from pilotlight_runtime.protocol.openai.inputs import TextOrTokens, check_together, read_inputs
from pilotlight_runtime.protocol.openai.model_field import check_model
from pilotlight_runtime.protocol.openai.parameters import EMBEDDING, check_parameters

MOST_INPUTS: Final = 2048
FLOAT: Final = "float"
BASE64: Final = "base64"
QUERY: Final = "query"
DOCUMENT: Final = "document"


class EmbeddingRequest(NamedTuple):
    """inputs: texts or ids of tokens. encoding: FLOAT or BASE64. dimensions: of a vector. kind: QUERY or DOCUMENT."""

    inputs: list[TextOrTokens]
    encoding: str
    dimensions: int
    kind: str


def read_embedding_request(body: Any, name: str, vocabulary: int, dimensions: int) -> EmbeddingRequest:
    """Reads a request.

    Args:
        body: The parsed body.
        name: The model's name.
        vocabulary: The number of its tokens.
        dimensions: Of its vectors.

    Returns:
        The request.

    Raises:
        InvalidRequest: A field is not as it must be, or is not supported.
        NotFound: The body names another model.
    """
    document = read_object(body)
    fields = Fields(document)
    check_model(fields, name)
    check_parameters(document, EMBEDDING)
    inputs = read_inputs(document.get("input"), "input", MOST_INPUTS, vocabulary)
    check_together("input", inputs)
    return EmbeddingRequest(
        inputs=inputs,
        encoding=fields.choice("encoding_format", (FLOAT, BASE64), FLOAT),
        dimensions=fields.integer("dimensions", dimensions, 1, dimensions),
        kind=fields.choice("input_type", (QUERY, DOCUMENT), DOCUMENT),
    )
