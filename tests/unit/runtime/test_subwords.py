"""Texts as parts of words, and parts as texts."""

import json
import random
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.text.subwords import MARK, Subwords, pieces

GERMAN = Subwords("abdeinruvz-" + MARK, [("u", "n"), ("un", "d"), ("e", "i"), ("ei", "n"), (MARK, "ein")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Forty-two  men", ["▁forty", "-", "two", "▁men"]),
        ("(ÄÖ 3,5)", ["▁(", "äö", "▁3", ",", "5", ")"]),
        (" \t\n", []),
        ("a▁b", ["▁a", "▁b"]),
        ("...", ["▁.", ".", "."]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_the_earliest_merge_is_made_first() -> None:
    assert GERMAN.cut("einundzein ein") == ["▁ein", "und", "z", "ein", "▁ein"]
    late = Subwords("abc" + MARK, [("b", "c"), ("a", "b")])
    assert late.cut("abc") == [MARK, "a", "bc"]
    assert late.cut("abab") == [MARK, "ab", "ab"]


@pytest.mark.parametrize("text", ["ein-und-zein", "ein  und\tein", "  b ", "EIN - UND", ""])
def test_what_was_cut_can_be_put_together(text: str) -> None:
    assert GERMAN.text(GERMAN.ids(text)) == " ".join(text.lower().split())


def test_ids_are_padding_unknown_begin_end_and_then_tokens() -> None:
    assert (GERMAN.begin, GERMAN.end) == (2, 3)
    assert GERMAN.ids("x") == [GERMAN.vocabulary.ids([MARK])[0], 1]
    assert GERMAN.vocabulary.size == 4 + 12 + 5
    assert GERMAN.text([0, 1, 2]) == "<begin>"


def test_an_unknown_character_is_named() -> None:
    assert GERMAN.unknown("ein Band") == ""
    assert GERMAN.unknown("ein€x") == "€"
    assert GERMAN.unknown("") == ""
    assert GERMAN.unknown("ein ▁") == MARK


def test_two_merges_that_give_the_same_part_are_one_token() -> None:
    same = Subwords("abc", [("a", "b"), ("ab", "c"), ("b", "c"), ("a", "bc")])
    assert same.vocabulary.size == 4 + 3 + 3


def test_subwords_are_an_asset(tmp_path: Path) -> None:
    path = tmp_path / "subwords.json"
    path.write_bytes(GERMAN.dump())
    again = Subwords.load(path)
    assert (again.characters, again.merges) == (GERMAN.characters, GERMAN.merges)
    assert again.ids("einundzein") == GERMAN.ids("einundzein")


@pytest.mark.parametrize(
    "content", ["{", "{}", "[]", '{"characters": ["a", "a"], "merges": []}', '{"merges": [["a"]]}']
)
def test_an_asset_that_holds_no_subwords_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "subwords.json"
    path.write_text(content)
    with pytest.raises(ManifestError, match=r"subwords\.json (is not JSON|holds no subwords)"):
        Subwords.load(path)


def test_the_asset_is_readable_json() -> None:
    assert json.loads(GERMAN.dump())["merges"][0] == ["u", "n"]


@pytest.mark.parametrize("seed", range(40))
def test_a_long_piece_is_cut_as_a_short_one(seed: int) -> None:
    """By the definition: the pair with the earliest merge is joined first, the leftmost of equal ones."""
    draw = random.Random(seed)  # noqa: S311  (a test of its own)
    letters = "abc"
    parts = [*letters, MARK]
    merges: list[tuple[str, str]] = []
    for _ in range(30):
        pair = (draw.choice(parts), draw.choice(parts))
        if pair not in merges and len(pair[0] + pair[1]) < 9:
            merges.append(pair)
            parts.append(pair[0] + pair[1])
    draw.shuffle(merges)
    subwords = Subwords([*letters, MARK], merges)
    text = "".join(draw.choices(letters, k=300))
    expected = list(MARK + text)
    while True:
        found = [(merges.index(pair), at) for at, pair in enumerate(pairwise(expected)) if pair in merges]
        if not found:
            break
        _, at = min(found)
        expected[at : at + 2] = [expected[at] + expected[at + 1]]
    assert subwords.cut(text) == expected


def test_the_work_for_a_text_without_white_space_grows_with_its_length() -> None:
    letters = "abcdefghij"
    subwords = Subwords([*letters, MARK], [(one, other) for one in letters for other in letters])
    short, long = (count_calls(subwords, letters * times) for times in (100, 800))
    assert long < 16 * short  # work that grows with the square takes 64 times as much


def count_calls(subwords: Subwords, text: str) -> int:
    """The calls that cutting a text makes, in Python and in C."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        subwords.cut(text)
    finally:
        sys.setprofile(None)
    return count
