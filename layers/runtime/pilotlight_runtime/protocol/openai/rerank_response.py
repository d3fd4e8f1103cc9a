"""Ranked documents as an answer, in the fields that the clients of Cohere and of Jina AI read."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, NamedTuple, Sequence


class Ranked(NamedTuple):
    """place: of the document in the request. text: of it; None where it is not wanted."""

    place: int
    score: float
    text: str | None


def write_ranking(identity: str, model: str, ranked: Sequence[Ranked], tokens: int) -> dict[str, Any]:
    """Writes an answer.

    Args:
        identity: The id of the answer.
        model: The model's name.
        ranked: The documents, the best first.
        tokens: Of all pairs of query and document.

    Returns:
        The body.
    """
    return {
        "id": identity,
        "object": "list",
        "model": model,
        "results": [_write_result(one) for one in ranked],
        "meta": {"api_version": {"version": "1"}, "tokens": {"input_tokens": tokens}},
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _write_result(one: Ranked) -> dict[str, Any]:
    result: dict[str, Any] = {"index": one.place, "relevance_score": one.score}
    if one.text is not None:
        result["document"] = {"text": one.text}
    return result
