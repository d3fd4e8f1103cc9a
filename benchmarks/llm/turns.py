"""The second turn of a chat: the first token with the prefix kept from the turn before, and without.

Without: the same request from another caller, for whom nothing of it may be kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Final, NamedTuple

from benchmarks.llm.functions import Function, Running, start_function
from benchmarks.llm.requests import Messages, chat_event
from benchmarks.llm.stream import Streamed, read_stream

MOST: Final = 0.25
HISTORY: Final = 500
"""Tokens before the second question, at least."""
_SENTENCES: Final = (
    "The river comes down from the hills and bends twice before it meets the town.",
    "On its left bank there are mills, and on the right one a long row of gardens.",
    "In spring the water is high, and boats carry stone and timber to the coast.",
    "The bridge was built of oak; two hundred years later it was built again of iron.",
)
_QUESTION: Final = "Summarise this text in one sentence."
_NEXT: Final = "How many banks does the river have?"
_ANSWER_TOKENS: Final = 24


class Turns(NamedTuple):
    """Milliseconds to the first token of the second turn, medians.

    Attributes:
        kept: With the prefix of the turn before.
        fresh: Without it.
        prompt_tokens: Tokens of the second turn's prompt.
    """

    kept: float
    fresh: float
    prompt_tokens: int

    @property
    def prompt_speed(self) -> float:
        """Tokens of a prompt a second, without the kept prefix."""
        return self.prompt_tokens / self.fresh * 1000

    @property
    def ratio(self) -> float:
        """The share of the time that is left with the kept prefix."""
        return self.kept / self.fresh


def measure_turns(function: Function, threads: int, rounds: int, say: Callable[[str], None]) -> Turns:
    """Measures in one process; each round is another chat.

    Raises:
        RuntimeError: A prompt is shorter than HISTORY.
    """
    kept, fresh, prompts = [], [], []
    with start_function(function, threads) as running:
        for number in range(rounds + 1):
            first = [{"role": "user", "content": f"{number}. " + " ".join(_sentences(number)) + f"\n{_QUESTION}"}]
            answer = _ask(running, first, "a", _ANSWER_TOKENS)[1].text
            second = [*first, {"role": "assistant", "content": answer}, {"role": "user", "content": _NEXT}]
            kept_ms, streamed = _ask(running, second, "a", 2)
            fresh_ms, again = _ask(running, second, "b", 2)
            if streamed.prompt_tokens < HISTORY or again.text != streamed.text:
                said = f"{streamed.text!r} with the kept prefix, {again.text!r} without"
                raise RuntimeError(f"the second turn has {streamed.prompt_tokens} tokens; it answers {said}")
            if number:
                kept.append(kept_ms)
                fresh.append(fresh_ms)
                prompts.append(streamed.prompt_tokens)
    say(f"second turn, {threads} threads: {median(kept):.0f} ms kept, {median(fresh):.0f} ms without")
    return Turns(median(kept), median(fresh), round(median(prompts)))


def _ask(running: Running, messages: Messages, key: str, tokens: int) -> tuple[float, Streamed]:
    began = time.perf_counter()
    streamed = read_stream(running.invoke(chat_event(tokens, messages, key)))
    return (streamed.first - began) * 1000, streamed


def _sentences(number: int) -> Iterator[str]:
    """Some 480 tokens, in another order each round."""
    for index in range(27):
        yield _SENTENCES[(index + number) % len(_SENTENCES)]
