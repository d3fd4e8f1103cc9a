"""Answers `/v1/embeddings`."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any
from pilotlight_runtime.openai.endpoint import Served
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.http import HttpResponse, json_response
from pilotlight_runtime.protocol.openai.embedding_request import read_embedding_request
from pilotlight_runtime.protocol.openai.embedding_response import write_embeddings
from pilotlight_runtime.protocol.openai.errors import name_field

if TYPE_CHECKING:
    from pilotlight_runtime.language.encoders.embedder import TextEmbedder
    from pilotlight_runtime.observer import Trace


class EmbeddingEndpoint:
    """See Endpoint. embedder: of the model."""

    def __init__(self, embedder: TextEmbedder, served: Served) -> None:
        self._embedder = embedder
        self._served = served

    def answer(self, body: Any, trace: Trace, _invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        embedder = self._embedder
        asked = read_embedding_request(body, self._served.name, embedder.tokenizer.size, embedder.settings.dimensions)
        trace.shapes = {"input": (len(asked.inputs),)}
        if trace.tally is not None:
            trace.tally.add_texts(asked.inputs, embedder.tokenizer.decode)
        trace.begin("infer")
        field = "dimensions"
        try:
            dimensions = embedder.choose_dimensions(asked.dimensions)
            field = "input"
            found = embedder.embed(asked.inputs, asked.kind, dimensions=dimensions, truncate=False)
        except InvalidRequest as error:
            raise name_field(error, field) from error
        trace.begin("encode")
        return json_response(write_embeddings(self._served.name, found.vectors, asked.encoding, sum(found.tokens)))
