"""Brings a prompt into the cache. What the request before has left there of it is not computed again."""

from __future__ import annotations

from pilotlight_runtime.language.generation.deadline import Deadline
from pilotlight_runtime.language.generation.shared_cache import CHUNK
from pilotlight_runtime.language.generation.slots import Cache
from pilotlight_runtime.light_typing import Sequence


def read_prompt(cache: Cache, prompt: list[int], caller: bytes, deadline: Deadline) -> bool:
    """Runs the decoder over a prompt, so that the cache holds it and the logits are those of the next token.

    Args:
        cache: The cache with whatever it holds.
        prompt: At least one token.
        caller: Whose prompt it is. The beginning that the cache already holds is reused only for the same caller, and
            never where it is b"": the time of an answer must not tell what somebody else has asked.
        deadline: Ends the reading.

    Returns:
        Whether there was time for the whole prompt.
    """
    if not caller or cache.caller != caller:
        cache.keep(0)
    cache.caller = caller
    # The last token is always computed, since its logits are wanted.
    cache.keep(common_length(cache.tokens, prompt[:-1]))
    for begin in range(len(cache.tokens), len(prompt), CHUNK):
        if deadline.passed():
            return False
        cache.extend(prompt[begin : begin + CHUNK])
    return True


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    most = min(len(first), len(second))
    return next((place for place in range(most) if first[place] != second[place]), most)
