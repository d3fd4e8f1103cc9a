"""A pattern that is one class of characters is found without `re`, and as `re` finds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.language.tokenization.split_patterns import compile_pattern
from pilotlight.language.tokenization.splits import compile_splits
from pilotlight.language.tokenization.tables import Sections
from pilotlight_runtime.text.tokenization.splitting import Splitter
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset

KINDS = ("BertPreTokenizer", "WhitespaceSplit", "Punctuation")
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \t\n.,;!?«»、。\u00a0\u3000")))


def steps_of(kind: str) -> tuple[list[dict[str, Any]], TokenizerAsset]:
    sections = Sections()
    steps = compile_splits({"type": kind}, sections).steps
    return steps, TokenizerAsset({}, {name: memoryview(part) for name, part in sections.content.items()})


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_parts_are_the_same_as_with_re(kind: str, text: str) -> None:
    steps, asset = steps_of(kind)
    for step in steps:
        assert step["members"]
        plain = {name: value for name, value in step.items() if name != "members"}
        assert Splitter(step, asset).spans(text) == Splitter(plain, asset).spans(text)


def test_other_patterns_have_no_members() -> None:
    for pattern in (r"\s+", "ab", r"[a-z]?x", r"\S\s"):
        assert compile_pattern(pattern).members == ""
