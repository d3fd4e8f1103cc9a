"""Requests to rank documents, and what is answered."""

from typing import Any

import pytest

from pilotlight_runtime.errors import InvalidRequest, NotFound
from pilotlight_runtime.protocol.openai.embedding_request import read_embedding_request
from pilotlight_runtime.protocol.openai.inputs import MOST_CHARACTERS
from pilotlight_runtime.protocol.openai.rerank_request import MOST_DOCUMENTS, RerankRequest, read_rerank_request
from pilotlight_runtime.protocol.openai.rerank_response import Ranked, write_ranking

GOOD = {"model": "ranker", "query": "sea", "documents": ["a wave", {"text": "a hill"}]}


def test_documents_are_texts_or_objects_with_one() -> None:
    assert read_rerank_request(GOOD, "ranker") == RerankRequest("sea", ["a wave", "a hill"], 2, with_documents=False)
    asked = read_rerank_request({**GOOD, "top_n": 9, "return_documents": True}, "ranker")
    assert (asked.top, asked.with_documents) == (2, True)
    assert read_rerank_request({**GOOD, "top_n": 1}, "ranker").top == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": ""}, "query must be a text that is not empty"),
        ({"query": None}, "query must be a text that is not empty"),
        ({"query": 5}, "query must be text"),
        ({"documents": []}, f"documents must be a list of 1 to {MOST_DOCUMENTS} texts"),
        ({"documents": ["a"] * (MOST_DOCUMENTS + 1)}, "documents must be a list"),
        ({"documents": "a wave"}, "documents must be a list"),
        ({"documents": [{"title": "a"}]}, r"documents\[0\]"),
        ({"documents": [7]}, r"documents\[0\] must be text"),
        ({"documents": ["a" * MOST_CHARACTERS]}, f"the most is {MOST_CHARACTERS}"),
        ({"top_n": 0}, "top_n must be a whole number"),
        ({"return_documents": 1}, "return_documents must be true or false"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_rerank_request({**GOOD, **change}, "ranker")


def test_another_model_is_not_here() -> None:
    with pytest.raises(NotFound, match="other"):
        read_rerank_request({**GOOD, "model": "other"}, "ranker")


def test_documents_are_answered_where_they_are_asked_for() -> None:
    found = write_ranking("rerank-1", "ranker", [Ranked(1, 0.9, "a hill"), Ranked(0, 0.1, None)], 12)
    assert found["results"] == [
        {"index": 1, "relevance_score": 0.9, "document": {"text": "a hill"}},
        {"index": 0, "relevance_score": 0.1},
    ]
    assert found["usage"] == {"prompt_tokens": 12, "total_tokens": 12}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": ["a" * 1_000_000, "b" * 200_001]}, "input has 1200001 characters together"),
        ({"encoding_format": "hex"}, "encoding_format must be one of float, base64"),
        ({"encoding_format": 5}, "encoding_format must be one of float, base64"),
        ({"input_type": "passage"}, "input_type must be one of query, document"),
    ],
)
def test_requests_for_embeddings_are_held_to_the_same(change: dict[str, Any], message: str) -> None:
    good = {"model": "vectors", "input": ["a", "b"]}
    assert read_embedding_request(good, "vectors", 9, 4).inputs == ["a", "b"]
    with pytest.raises(InvalidRequest, match=message):
        read_embedding_request({**good, **change}, "vectors", 9, 4)
