"""Answers `/v1/rerank`, as Cohere's and Jina AI's clients ask."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any
from pilotlight_runtime.openai.endpoint import Served
from pilotlight_runtime.openai.invocation import Invocation
from pilotlight_runtime.protocol.http import HttpResponse, json_response
from pilotlight_runtime.protocol.openai.rerank_request import read_rerank_request
from pilotlight_runtime.protocol.openai.rerank_response import Ranked, write_ranking

if TYPE_CHECKING:
    from pilotlight_runtime.language.encoders.reranker import EmbeddingReranker, Reranker
    from pilotlight_runtime.observer import Trace


class RerankEndpoint:
    """See Endpoint. reranker: of the model."""

    def __init__(self, reranker: Reranker | EmbeddingReranker, served: Served) -> None:
        self._reranker = reranker
        self._served = served

    def answer(self, body: Any, trace: Trace, _invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        asked = read_rerank_request(body, self._served.name)
        trace.shapes = {"documents": (len(asked.documents),)}
        if trace.tally is not None:
            trace.tally.add_texts([asked.query, *asked.documents])
        trace.begin("infer")
        found = self._reranker.rank(asked.query, asked.documents)
        trace.begin("encode")
        scores = found.scores
        order = sorted(range(len(scores)), key=lambda index: -scores[index])[: asked.top]
        ranked = [
            Ranked(index, scores[index], asked.documents[index] if asked.with_documents else None) for index in order
        ]
        served = self._served
        return json_response(write_ranking(f"rerank-{served.new_id()}", served.name, ranked, sum(found.tokens)))
