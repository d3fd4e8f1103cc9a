"""How probable tokens were: at temperature 1 and without penalties, whatever they were drawn with."""

from __future__ import annotations

from math import log

from pilotlight_runtime.language.generation.picking import FEW
from pilotlight_runtime.language.generation.sampler import Sampler
from pilotlight_runtime.language.generation.text_decoding import TokenBytes
from pilotlight_runtime.language.types import TokenScore


def score_token(
    sampler: Sampler, logits: memoryview[float], token: int, alternatives: int, tokenizer: TokenBytes
) -> TokenScore:
    """Scores a token that follows the text in the cache.

    Args:
        sampler: The sampler over the logits.
        logits: The same logits, as floats.
        token: The token.
        alternatives: How many of the most probable tokens are reported beside it.
        tokenizer: Gives the tokens' bytes.

    Returns:
        The score.
    """
    hidden = sampler.adjustments.hide()
    found = sampler.candidates(max(FEW, alternatives), 1.0)
    sampler.adjustments.show(hidden)
    base = log(found.first) - found.values[0]
    top = zip(found.tokens[:alternatives], found.values, strict=False)
    return TokenScore(
        tokenizer.token_bytes(token),
        logits[token] + base,
        tuple((tokenizer.token_bytes(other), value + base) for other, value in top),
    )
