"""Learned subwords against the definition: count all pairs anew, merge the most frequent one, again."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from pilotlight import learn_subwords
from pilotlight_runtime.text.subwords import pieces


def by_definition(texts: list[str], merges: int) -> list[tuple[str, str]]:
    words = [(list(piece), count) for piece, count in Counter(p for text in texts for p in pieces(text)).items()]
    found: list[tuple[str, str]] = []
    while len(found) < merges:
        counts: Counter[tuple[str, str]] = Counter()
        for parts, count in words:
            for pair in pairwise(parts):
                counts[pair] += count
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        found.append(best)
        for parts, _ in words:
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    return found


@pytest.mark.parametrize("seed", range(8))
def test_merges_are_those_of_the_definition(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  (a test)
    texts = ["".join(draw.choices("aab c", k=draw.randint(1, 30))) for _ in range(30)]
    expected = by_definition(texts, 60)
    assert len(expected) > 20
    assert learn_subwords(texts, 60).merges == tuple(expected)


def test_a_pair_that_occurs_once_is_not_merged() -> None:
    assert learn_subwords(["abcd", "xyz"], 10).merges == ()
    assert learn_subwords([], 10).merges == ()


def test_every_character_is_known() -> None:
    learned = learn_subwords(["Größe 映画!"], 10)
    assert learned.unknown("größe 映画!") == ""
    assert learned.characters == tuple(sorted(set("▁größe▁映画!")))
