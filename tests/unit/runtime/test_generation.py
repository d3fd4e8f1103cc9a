"""Search over scores that are known in advance, against trying every sequence."""

import math
import random
from collections.abc import Sequence
from itertools import product

import pytest

from pilotlight_runtime.text.generation import Candidates, Generated, Search, generate, generate_parts

END, BEGIN = 0, 9
TOKENS = (END, 1, 2, 3)


def scores(source: int, prefix: tuple[int, ...]) -> dict[int, float]:
    """Log-probabilities of what follows `prefix`, drawn by it alone and so the same in every call."""
    draw = random.Random(f"{source} {prefix}")  # noqa: S311  (a test)
    weights = [draw.random() ** 3 for _ in TOKENS]
    return {token: math.log(weight / sum(weights)) for token, weight in zip(TOKENS, weights, strict=True)}


class Table:
    """A Step over `scores`; it keeps, as a model's cache does, what each row of the call before was."""

    def __init__(self, sources: Sequence[int], width: int) -> None:
        self._sources = sources
        self._width = width
        self._rows: list[tuple[int, ...]] = [()] * len(sources)
        self.rows: list[int] = []

    def __call__(self, tokens: Sequence[int], parents: Sequence[int], sources: Sequence[int]) -> list[Candidates]:
        self._rows = [(*self._rows[parent], token) for token, parent in zip(tokens, parents, strict=True)]
        self.rows.append(len(tokens))
        found = [scores(self._sources[one], row) for one, row in zip(sources, self._rows, strict=True)]
        return [sorted(each.items(), key=lambda item: (-item[1], item[0]))[: self._width] for each in found]


def searched(sources: Sequence[int], search: Search) -> list[Generated]:
    return generate(Table(sources, search.beams), len(sources), search)


def penalised(score: float, length: int, penalty: float) -> float:
    return score / ((5 + length) / 6) ** penalty


def every_ended_sequence(source: int, search: Search) -> list[Generated]:
    found = []
    for length in range(search.longest):
        for tokens in product(TOKENS[1:], repeat=length):
            row, total = (BEGIN,), 0.0
            for token in (*tokens, END):
                total += scores(source, row)[token]
                row = (*row, token)
            score = penalised(total, length + 1, search.penalty)
            found.append(Generated(tokens, score, complete=True))
    return found


@pytest.mark.parametrize("penalty", [0.0, 0.6, 3.0])
def test_with_beams_enough_the_answer_is_the_best_of_every_sequence(penalty: float) -> None:
    search = Search(BEGIN, END, longest=5, beams=400, penalty=penalty)
    sources = range(12)
    found = searched(sources, search)
    for source, answer in zip(sources, found, strict=True):
        best = max(every_ended_sequence(source, search), key=lambda each: each.score)
        assert (answer.tokens, answer.complete) == (best.tokens, True)
        assert answer.score == pytest.approx(best.score)


def test_one_beam_takes_the_most_probable_token_each_time() -> None:
    for source in range(40):
        (answer,) = searched([source], Search(BEGIN, END, longest=30))
        row: tuple[int, ...] = (BEGIN,)
        while row[-1] != END:
            found = scores(source, row)
            row = (*row, max(TOKENS, key=lambda token: found[token]))
        assert answer.tokens == row[1:-1]


def test_more_beams_find_what_one_does_not() -> None:
    sources = range(40)
    greedy = searched(sources, Search(BEGIN, END, longest=30))
    beams = searched(sources, Search(BEGIN, END, longest=30, beams=4))
    assert sum(wide.score > narrow.score + 1e-9 for wide, narrow in zip(beams, greedy, strict=True)) > 10


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_a_batch_answers_as_each_source_alone_and_those_that_are_done_drop_out(beams: int) -> None:
    search = Search(BEGIN, END, longest=12, beams=beams)
    sources = [5, 3, 5, 8, 1, 13]
    table = Table(sources, beams)
    found = generate(table, len(sources), search)
    assert found == [searched([source], search)[0] for source in sources]
    assert table.rows[0] == len(sources)
    assert table.rows[-1] < max(table.rows)
    assert max(table.rows) <= beams * len(sources)


def always(candidates: Candidates) -> "type[Table]":
    class Same(Table):
        def __call__(self, tokens: Sequence[int], parents: Sequence[int], sources: Sequence[int]) -> list[Candidates]:  # noqa: ARG002
            return [candidates for _ in tokens]

    return Same


def test_what_does_not_end_is_told_at_the_limit() -> None:
    step = always([(2, -0.1), (END, -5.0)])([0], 1)
    assert generate(step, 1, Search(BEGIN, END, longest=3)) == [
        Generated((2, 2, 2), pytest.approx(penalised(-0.3, 3, 0.6)), complete=False)
    ]


def test_what_has_ended_is_preferred_to_what_has_not() -> None:
    step = always([(2, -0.1), (END, -5.0)])([0], 2)
    (answer,) = generate(step, 1, Search(BEGIN, END, longest=3, beams=2))
    assert (answer.tokens, answer.complete) == ((), True)


@pytest.mark.parametrize(("longest", "complete"), [(1, True), (2, True)])
def test_the_end_takes_one_step_of_the_limit(longest: int, *, complete: bool) -> None:
    step = always([(END, -0.1)])([0], 1)
    assert generate(step, 1, Search(BEGIN, END, longest))[0].complete is complete


def test_of_equal_scores_the_lower_token_and_the_earlier_row_win() -> None:
    step = always([(3, -1.0), (1, -1.0), (2, -1.0)])([0], 3)
    for _ in range(3):
        (answer,) = generate(step, 1, Search(BEGIN, END, longest=4, beams=3))
        assert answer.tokens == (1, 1, 1, 1)


def test_no_source_has_no_answer() -> None:
    assert searched([], Search(BEGIN, END, longest=4)) == []


@pytest.mark.parametrize("beams", [1, 2, 4])
def test_parts_are_the_answer_and_none_is_taken_back(beams: int) -> None:
    early = 0
    for source in range(60):
        for longest in (1, 3, 6):
            search = Search(BEGIN, END, longest, beams)
            *parts, last = generate_parts(Table([source], beams), search)
            assert last.found == searched([source], search)[0]
            assert sum((part.tokens for part in (*parts, last)), ()) == last.found.tokens
            assert all(part.tokens and part.found is None for part in parts)
            early += len(parts)
    assert early > 30


def test_greedy_search_settles_each_token_at_once() -> None:
    for source in range(30):
        *parts, last = generate_parts(Table([source], 1), Search(BEGIN, END, 6))
        assert last.found is not None
        whole = (*(token for part in parts for token in part.tokens), *last.tokens)
        assert whole == last.found.tokens
        assert all(len(part.tokens) == 1 for part in parts)
        assert len(last.tokens) <= 1
