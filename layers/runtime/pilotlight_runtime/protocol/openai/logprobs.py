"""The probabilities of an answer's tokens, in the two forms that OpenAI's API has for them."""

from __future__ import annotations

from pilotlight_runtime.language.types import TokenScore
from pilotlight_runtime.light_typing import Any, Sequence

Json = dict[str, Any]


def write_chat_logprobs(scores: Sequence[TokenScore]) -> Json:
    """The form of chat completions: an object for each token, with its bytes.

    Args:
        scores: The scores of the tokens.

    Returns:
        The field `logprobs` of a choice.
    """
    return {"content": [_write_score(score) for score in scores], "refusal": None}


class CompletionLogprobs:
    """The form of completions: a list for each kind of figure. It counts where in the text each token begins."""

    def __init__(self) -> None:
        self._offset = 0

    def write(self, scores: Sequence[TokenScore]) -> Json:
        """Writes the next tokens of an answer.

        Args:
            scores: The scores of the tokens.

        Returns:
            The field `logprobs` of a choice.
        """
        tokens, offsets = [], []
        for score in scores:
            tokens.append(_text_or_bytes(score.token))
            offsets.append(self._offset)
            self._offset += len(score.token.decode("utf-8", "ignore"))
        return {
            "tokens": tokens,
            "token_logprobs": [score.logprob for score in scores],
            "top_logprobs": [{_text_or_bytes(token): logprob for token, logprob in score.top} for score in scores],
            "text_offset": offsets,
        }


def _write_score(score: TokenScore) -> Json:
    top = [_write_token(token, logprob) for token, logprob in score.top]
    return {**_write_token(score.token, score.logprob), "top_logprobs": top}


def _write_token(token: bytes, logprob: float) -> Json:
    return {"token": token.decode("utf-8", "replace"), "logprob": logprob, "bytes": list(token)}


def _text_or_bytes(token: bytes) -> str:
    """A token as text; one that is no whole characters as its bytes, as OpenAI's completions have them."""
    try:
        return token.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join([f"\\x{byte:02x}" for byte in token])
