"""Patterns are followed as Python's `re` follows them, and written as JSON's strings."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_answers import draw_answer, pick_byte
from support.random_schemas import find_fault, make_validator

from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.schema.budget import Budget, TooMuchWork
from pilotlight_runtime.language.schema.pattern_automaton import compile_pattern

ATOMS = [
    "a",
    "b",
    "1",
    "-",
    "é",
    "🙂",
    ".",
    "[ab]",
    "[^a]",
    "[^a1é]",
    "[a-c1-3]",
    r"\d",
    r"\w",
    r"[\w-]",
    r"\.",
    r"\n",
    r"[^\d]",
    r"\S",
]
CHARACTERS = "ab1-é🙂c2.\n "


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{0}"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    )


patterns = st.tuples(
    st.sampled_from(["", "^"]), st.recursive(st.sampled_from(ATOMS), grow, max_leaves=6), st.sampled_from(["", "$"])
).map("".join)


def keeps_to_ascii(pattern: str) -> bool:
    """Whether a class leaves out characters outside ASCII which Python counts in, as the module says of these."""
    return r"[^\d]" in pattern or r"\S" in pattern


@settings(max_examples=300, deadline=None)
@given(patterns, st.lists(st.text(CHARACTERS, max_size=6), min_size=1, max_size=8))
def test_what_matches(pattern: str, texts: list[str]) -> None:
    automaton = compile_pattern(pattern, Budget())
    exact = re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, re.ASCII)
    for text in texts:
        expected = bool(exact.search(text))
        if keeps_to_ascii(pattern):
            assert not automaton.accepts(text) or expected
        else:
            assert automaton.accepts(text) == expected


@settings(max_examples=100, deadline=None)
@given(patterns, st.integers(0, 1000))
def test_what_is_written_matches(pattern: str, seed: int) -> None:
    if not any(compile_pattern(pattern, Budget()).ends):
        return
    schema = {"type": "string", "pattern": pattern}
    pick = random.Random(seed)  # noqa: S311  (a test draws the same answers each time)
    answer = draw_answer(compile_schema(schema)(), pick_byte, pick, 20)
    assert not find_fault(answer, make_validator(schema))
    assert answer == json.dumps(json.loads(answer), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("^a|b$", ["ax", "xb"], ["ba"]),
        (r"^\x41\u00e9\t\/$", ["Aé\t/"], ["Ae\t/"]),
        (r"^[\]\-\\^]+$", ["]-\\^"], ["a"]),
        (r"^[a-]$", ["a", "-"], ["b"]),
        (r"^\s$", [" ", "\t", "\n"], ["\u00a0", "a"]),
        (r"^(?<year>\d{4})$", ["2024"], ["24"]),
        ("^$", [""], ["a"]),
        ("", ["", "anything"], []),
        ("^[\\ud7ff-\\ue000]$".replace("\\ud7ff", "\ud7ff").replace("\\ue000", "\ue000"), ["\ud7ff", "\ue000"], ["a"]),
    ],
)
def test_syntax(pattern: str, matching: list[str], others: list[str]) -> None:
    automaton = compile_pattern(pattern, Budget())
    assert [text for text in matching if not automaton.accepts(text)] == []
    assert [text for text in others if automaton.accepts(text)] == []


def test_all_patterns_of_a_schema_share_the_work() -> None:
    budget = Budget()
    compile_pattern("^[a-z]{1,200}$", budget)
    with pytest.raises(TooMuchWork, match="too much work"):
        all(compile_pattern("^[a-z]{1,200}$", budget) for _ in range(1_000))
