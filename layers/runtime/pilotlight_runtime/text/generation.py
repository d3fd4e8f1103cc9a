"""Greedy and beam search: writes sequences token by token with any model that scores the next token.

The search knows no graph; it calls a Step. CachedDecoder is a Step over a graph with a key-value cache. Only functions
that generate import this module.
"""

from __future__ import annotations

import struct
from heapq import nsmallest

from pilotlight_runtime.datatypes import INT64
from pilotlight_runtime.light_typing import Callable, Final, Iterator, Mapping, NamedTuple, Sequence
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

Candidates = Sequence[tuple[int, float]]
"""What may follow a row: tokens with their log-probabilities, the most probable first, as many as there are beams."""

Step = Callable[[Sequence[int], Sequence[int], Sequence[int]], Sequence[Candidates]]
"""Scores what follows each row. Its arguments are tokens, parents and sources, each with one number a row.

Row i is row parents[i] of the previous call with tokens[i] behind it, and belongs to the source sources[i]. The first
call has one row a source and no previous rows.
"""


class Search(NamedTuple):
    """How to search for sequences.

    Attributes:
        begin: The token that begins each sequence; not part of the answer.
        end: The token that ends each sequence; not part of the answer.
        longest: The most steps, the one of `end` among them.
        beams: The number of hypotheses of a source; 1 is greedy search.
        penalty: The exponent of the length penalty, 0 for none. Greedy search needs none.
    """

    begin: int
    end: int
    longest: int
    beams: int = 1
    penalty: float = 0.6


class Generated(NamedTuple):
    """A sequence that `generate` found.

    Attributes:
        tokens: Its tokens, without `begin` and `end`.
        score: Its log-probability divided by the length penalty.
        complete: Whether it ended by itself, within `longest` steps.
    """

    tokens: tuple[int, ...]
    score: float
    complete: bool


class GeneratedPart(NamedTuple):
    """What `generate_parts` yields.

    Attributes:
        tokens: The tokens that are new.
        found: The whole sequence, in the last part; None before.
    """

    tokens: tuple[int, ...]
    found: Generated | None = None


class _Hypothesis(NamedTuple):
    """A sequence that has not ended. score: its log-probability. row: the row of the step before that it goes on."""

    tokens: tuple[int, ...]
    score: float
    row: int


def generate(step: Step, sources: int, search: Search) -> list[Generated]:
    """Searches for the best sequence of each source. All sources advance together; finished ones drop out.

    Each step keeps the best `beams` continuations of a source; sequences that have ended count among them. Equal
    scores go to the earlier row, then to the lower token. The answer is the best sequence that has ended, or, where
    none has after `longest` steps, the best one so far.

    Args:
        step: Scores what follows each row, for instance a CachedDecoder.
        sources: The number of sources.
        search: Tokens, limits and beams.

    Returns:
        One sequence a source, in order.
    """
    beams = [_Beam(source, search) for source in range(sources)]
    for _ in _steps(step, beams, search.longest):
        pass
    return [beam.best() for beam in beams]


def generate_parts(step: Step, search: Search) -> Iterator[GeneratedPart]:
    """Searches as `generate` does for one source, and yields tokens as soon as the search can no longer change them.

    Those are the tokens with which every sequence begins that may still be the answer. Greedy search never changes any.

    Args:
        step: Scores what follows each row.
        search: Tokens, limits and beams.

    Yields:
        The new tokens of each step that settles some. The last part also has the answer.
    """
    beam = _Beam(0, search)
    sent = 0
    for _ in _steps(step, [beam], search.longest):
        settled = beam.settled()
        if len(settled) > sent and beam.alive:
            yield GeneratedPart(settled[sent:])
            sent = len(settled)
    best = beam.best()
    yield GeneratedPart(best.tokens[sent:], best)


def _steps(step: Step, beams: Sequence[_Beam], longest: int) -> Iterator[None]:
    """Advances all beams together, and yields after each step."""
    for _ in range(longest):
        advancing = [beam for beam in beams if beam.alive]
        if not advancing:
            return
        rows = [(beam.source, hypothesis) for beam in advancing for hypothesis in beam.alive]
        candidates = step(
            [hypothesis.tokens[-1] for _, hypothesis in rows],
            [hypothesis.row for _, hypothesis in rows],
            [source for source, _ in rows],
        )
        first = 0
        for beam in advancing:
            count = len(beam.alive)
            beam.advance(candidates[first : first + count], first)
            first += count
        yield


class _Beam:
    """The hypotheses of one source."""

    def __init__(self, source: int, search: Search) -> None:
        self.source = source
        self.alive = [_Hypothesis((search.begin,), 0.0, source)]
        self._ended: list[Generated] = []
        self._search = search

    def advance(self, candidates: Sequence[Candidates], first: int) -> None:
        """candidates: what may follow each hypothesis. first: the row of the first one."""
        options = [
            (-hypothesis.score - score, first + place, token)
            for place, (hypothesis, row) in enumerate(zip(self.alive, candidates, strict=True))
            for token, score in row
        ]
        alive = []
        for cost, row, token in nsmallest(self._search.beams - len(self._ended), options):
            tokens = self.alive[row - first].tokens
            if token == self._search.end:
                self._ended.append(Generated(tokens[1:], -cost / self._penalty(len(tokens)), complete=True))
            else:
                alive.append(_Hypothesis((*tokens, token), -cost, row))
        self.alive = alive if len(self._ended) < self._search.beams and self._can_win(alive) else []

    def best(self) -> Generated:
        """The answer."""
        if self._ended:
            return max(self._ended, key=lambda each: each.score)
        tokens, score, _ = self.alive[0]
        return Generated(tokens[1:], score / self._penalty(len(tokens) - 1), complete=False)

    def settled(self) -> tuple[int, ...]:
        """The tokens with which the answer begins, whatever follows."""
        rows = [hypothesis.tokens[1:] for hypothesis in self.alive]
        if self._ended:
            rows.append(self.best().tokens)
        first, last = min(rows), max(rows)  # what these two share, all between them share
        shared = 0
        while shared < len(first) and first[shared] == last[shared]:
            shared += 1
        return first[:shared]

    def _can_win(self, alive: Sequence[_Hypothesis]) -> bool:
        """Whether one could still end better than the best that has: log-probabilities only fall as they go on."""
        if not self._ended or not alive:
            return bool(alive)
        attainable = alive[0].score / self._penalty(self._search.longest)
        return attainable > max(each.score for each in self._ended)

    def _penalty(self, length: int) -> float:
        """Source: Wu et al., "Google's Neural Machine Translation System", 2016, equation 14. length: with the end."""
        power: float = ((5 + length) / 6) ** self._search.penalty
        return power


class CachedDecoder:
    """A step for `generate` over a graph with a key-value cache, for one batch of sources.

    The graph takes INT64 `token`, `parent` and `source` of shape (rows,); `cache` of shape (previous rows, ...), one
    further open dimension of which grows from 0 by 1 a step; and the context. It gives the most probable tokens as
    INT64 `tokens` and FP32 `scores` of shape (rows, candidates), and `next_cache`.

    Args:
        session: The decoder graph.
        context: Further inputs by name, the same in each step, such as the encoder's outputs.
    """

    def __init__(self, session: Session, context: Mapping[str, Tensor]) -> None:
        self._session = session
        self._context = context
        self._cache: Tensor | None = None

    def __call__(self, tokens: Sequence[int], parents: Sequence[int], sources: Sequence[int]) -> list[Candidates]:
        """Runs one step.

        Args:
            tokens: The last token of each row.
            parents: For each row, the row of the previous step that it continues.
            sources: For each row, its source.

        Returns:
            For each row, tokens with their log-probabilities, the most probable first.

        Raises:
            InferenceFailed: The graph fails.
        """
        cache = self._empty(len(tokens)) if self._cache is None else self._cache
        inputs = {
            "token": _whole(tokens),
            "parent": _whole(parents),
            "source": _whole(sources),
            "cache": cache,
            **self._context,
        }
        found, scores, self._cache = self._session.run(inputs, _OUTPUTS)
        pairs = list(zip(found.buffer.cast("q").tolist(), scores.buffer.cast("f").tolist(), strict=True))
        width = found.shape[1]
        return [pairs[start : start + width] for start in range(0, len(pairs), width)]

    def _empty(self, rows: int) -> Tensor:
        spec = self._session.signature.input("cache")
        if spec is None:
            raise TypeError("a decoder graph needs an input called cache")
        return Tensor(spec.datatype, (rows, *(max(size, 0) for size in spec.shape[1:])), memoryview(b""))


_OUTPUTS: Final = ("tokens", "scores", "next_cache")


def _whole(numbers: Sequence[int]) -> Tensor:
    return Tensor(INT64, (len(numbers),), memoryview(struct.pack(f"<{len(numbers)}q", *numbers)))
