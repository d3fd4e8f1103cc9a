"""Parts of an answer: their text, tokens and scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tiny_decoder import VOCABULARY, TinyTokenizer

from pilotlight_runtime.language.generation.stop_strings import StopStrings
from pilotlight_runtime.language.generation.text_decoding import ByteStream
from pilotlight_runtime.language.generation.text_writer import TextWriter
from pilotlight_runtime.language.types import LENGTH, TextPart, TokenScore

TOKENIZER = TinyTokenizer()


def parts_of(tokens: Sequence[int], stops: Sequence[str] = ()) -> list[TextPart]:
    writer, parts = TextWriter(0, TOKENIZER.stream(), StopStrings(stops)), []
    for place, token in enumerate(tokens):
        part = writer.push(token, TokenScore(TOKENIZER.token_bytes(token), -float(place)))
        if part is not None:
            parts.append(part)
        if writer.stopped:
            break
    return [*parts, writer.finish(LENGTH)]


@given(st.lists(st.integers(0, VOCABULARY - 1), max_size=30))
def test_parts_together_are_the_whole_answer(tokens: list[int]) -> None:
    parts = parts_of(tokens)
    assert "".join(part.text for part in parts) == TOKENIZER.decode(tokens)
    assert sum(part.tokens for part in parts) == len(tokens)
    assert [score.logprob for part in parts for score in part.scores] == [-float(n) for n in range(len(tokens))]


@given(
    st.text(st.characters(exclude_characters="\ufffd", exclude_categories=["Cs"]), max_size=12),
    st.lists(st.text(min_size=1, max_size=3), max_size=3),
)
def test_a_part_never_has_half_a_character(text: str, stops: list[str]) -> None:
    for part in parts_of(list(text.encode()), stops):
        assert "\ufffd" not in part.text


def test_scores_of_the_stop_string_itself_are_left_out() -> None:
    parts = parts_of(TOKENIZER.encode("go on, STOP here"), ["STOP"])
    assert "".join(part.text for part in parts) == "go on, "
    assert b"".join(score.token for part in parts for score in part.scores) == b"go on, "


def test_scores_come_with_their_text() -> None:
    """What may begin a stop string is held back, and so are the scores of its tokens."""
    parts = parts_of(TOKENIZER.encode("xSTxSy"), ["STOP"])
    assert [(part.text, len(part.scores)) for part in parts] == [("x", 1), ("STx", 3), ("Sy", 2), ("", 0)]


@pytest.mark.parametrize("text", ["\u2713 ok", "\U0001f600\U0001f600", "e\u0301"])
def test_bytes_of_a_constraint_become_whole_characters(text: str) -> None:
    stream = ByteStream(TOKENIZER)
    found = [stream.push(byte) for byte in text.encode()]
    assert "".join(found) == text
    assert "\ufffd" not in "".join(found)
    assert stream.finish() == ""


def test_bytes_that_are_no_text_end_as_replacement_characters() -> None:
    stream = ByteStream(TOKENIZER)
    assert [stream.push_bytes(b"\xe2"), stream.push_bytes(b"\x9c"), stream.finish()] == ["", "", "\ufffd"]
