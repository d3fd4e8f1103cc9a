"""Learning subwords by byte-pair encoding: which neighbouring parts of words become one token."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from itertools import pairwise

from pilotlight_runtime.text.subwords import Subwords, pieces

Pair = tuple[str, str]


def learn_subwords(texts: Iterable[str], merges: int) -> Subwords:
    """Learns subwords from a corpus.

    The most frequent pair is merged first; of equally frequent ones, the pair that sorts first. A pair that occurs only
    once is never merged. Source: Sennrich, Haddow and Birch, 2016, algorithm 1.

    Args:
        texts: The corpus.
        merges: The most pairs to merge.

    Returns:
        A tokeniser with all characters of the corpus and the merged pairs.
    """
    counts = Counter(piece for text in texts for piece in pieces(text))
    corpus = _Corpus(counts)
    learned: list[Pair] = []
    while len(learned) < merges:
        pair = corpus.most_frequent()
        if pair is None:
            break
        corpus.merge(pair)
        learned.append(pair)
    return Subwords(sorted(set("".join(counts))), learned)


class _Corpus:
    """Pieces as lists of parts, and how often each pair of neighbours occurs in all of them."""

    def __init__(self, pieces: Counter[str]) -> None:
        self._words = [(list(piece), count) for piece, count in sorted(pieces.items())]
        self._counts: dict[Pair, int] = defaultdict(int)
        self._places: dict[Pair, set[int]] = defaultdict(set)
        for index, (parts, count) in enumerate(self._words):
            for pair in pairwise(parts):
                self._counts[pair] += count
                self._places[pair].add(index)
        # Counts in the heap may be outdated. The top one counts only if it is still right.
        self._heap = [(-count, pair) for pair, count in self._counts.items()]
        heapify(self._heap)

    def most_frequent(self) -> Pair | None:
        """The pair to merge next, None where no pair occurs twice."""
        while self._heap:
            count, pair = self._heap[0]
            if -count == self._counts.get(pair, 0):
                return pair if -count > 1 else None
            heappop(self._heap)
        return None

    def merge(self, pair: Pair) -> None:
        """Joins `pair` wherever it stands."""
        changed: set[Pair] = set()
        for index in sorted(self._places.pop(pair)):
            parts, count = self._words[index]
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == pair:
                    changed |= self._join(parts, at, count, index)
                at += 1
        for each in changed:
            heappush(self._heap, (-self._counts[each], each))

    def _join(self, parts: list[str], at: int, count: int, index: int) -> set[Pair]:
        """Joins the parts at `at` and behind it; the pairs whose counts are others now."""
        before, joined, behind = parts[max(0, at - 1) : at], parts[at] + parts[at + 1], parts[at + 2 : at + 3]
        lost = list(pairwise([*before, parts[at], parts[at + 1], *behind]))
        gained = list(pairwise([*before, joined, *behind]))
        parts[at : at + 2] = [joined]
        for pair in lost:
            self._counts[pair] -= count
        for pair in gained:
            self._counts[pair] += count
            self._places[pair].add(index)
        return {*lost, *gained}
