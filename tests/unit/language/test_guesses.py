"""Guesses of how a text goes on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.language.generation.guesses import MOST, Guesses


def test_what_followed_the_same_tokens_is_guessed() -> None:
    guesses = Guesses([1, 2, 3, 4, 5, 6, 9, 2, 3])
    assert guesses.guess(9) == [4, 5]


def test_a_text_whose_end_is_new_has_no_guess() -> None:
    assert Guesses([1, 2, 3, 4]).guess(9) == []
    assert Guesses([1]).guess(9) == []
    assert Guesses([]).guess(9) == []


def test_guesses_become_longer_while_they_come_true_and_shorter_when_they_do_not() -> None:
    guesses = Guesses([*range(20), *range(3)])
    assert guesses.guess(99) == [3, 4]
    guesses.learn(2, 2)
    assert guesses.guess(99) == [3, 4, 5, 6]
    guesses.learn(4, 4)
    assert len(guesses.guess(99)) == MOST
    assert len(guesses.guess(3)) == 3
    guesses.learn(MOST, 1)
    assert len(guesses.guess(99)) == 1


def test_what_repeats_itself_is_guessed_on_and_on() -> None:
    guesses = Guesses([5, 1, 2, 1, 2, 1, 2])
    guesses.learn(3, 3)
    assert guesses.guess(9) == [1, 2, 1, 2, 1, 2]


def test_after_a_wrong_guess_two_equal_tokens_are_too_few() -> None:
    guesses = Guesses([1, 2, 3, 4, 9, 2, 3])
    assert guesses.guess(9) == [4, 9]
    guesses.learn(2, 0)
    assert guesses.guess(9) == []
    guesses.extend([4])
    assert guesses.guess(9) == [9]


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(0, 9))
def test_a_guess_follows_the_same_two_tokens(tokens: list[int], most: int) -> None:
    guess = Guesses(tokens).guess(most)
    assert len(guess) <= most
    text = [*tokens, *guess]
    if guess:
        assert any(text[place - 2 : place + len(guess)] == text[-len(guess) - 2 :] for place in range(2, len(tokens)))
