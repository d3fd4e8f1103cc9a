"""Tokens, offsets and texts are those of the package `tokenizers`, for tokenizers of every kind."""

import json
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.small_tokenizers import gguf_bytes as byte_level
from support.small_tokenizers import sentence_pieces
from support.tokenizer_texts import TEXTS, random_texts

from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.text.tokenizer import Tokenizer, open_tokenizer

MISSING = "the package tokenizers is the reference: pip install 'pilotlight[llm]'"
reference = pytest.importorskip("tokenizers", reason=MISSING)
KINDS = pytest.importorskip("support.trained_tokenizers", reason=MISSING).KINDS

PRES = ("gpt-2", "smollm", "llama-bpe", "qwen2", "gpt-4o", "tekken")
Pair = tuple[Tokenizer, Any]


@pytest.fixture(scope="module", params=sorted(KINDS))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A tokenizer of ours and the reference."""
    document = json.loads(KINDS[request.param]().to_str())
    return open_compiled(document, tmp_path_factory.mktemp("tokenizer"))


def open_compiled(document: dict[str, Any], folder: Path) -> Pair:
    path = folder / "tokenizer.bin"
    path.write_bytes(compile_tokenizer(document))
    return open_tokenizer(path), reference.Tokenizer.from_str(json.dumps(document))


def check(pair: Pair, text: str) -> None:
    ours, theirs = pair
    for special in (False, True):
        theirs.encode_special_tokens = not special
        expected = theirs.encode(text, add_special_tokens=False)
        assert ours.encode(text, special=special) == expected.ids
        assert ours.encode_with_offsets(text, special=special) == (expected.ids, expected.offsets)
        assert ours.decode(expected.ids) == theirs.decode(expected.ids)
        stream = ours.stream()
        assert "".join(map(stream.push, expected.ids)) + stream.finish() == ours.decode(expected.ids)


def test_fixed_and_random_texts(pair: Pair) -> None:
    for text in (*TEXTS, *random_texts(400, seed=13)):
        check(pair, text)


def test_a_long_text_takes_time_in_proportion(pair: Pair) -> None:
    def measure(size: int) -> float:
        begin = process_time()
        pair[0].encode("😀" * size)
        return process_time() - begin

    assert measure(200_000) < 10 * max(measure(50_000), 0.05)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text(pair: Pair, text: str) -> None:
    check(pair, text)


@pytest.mark.parametrize(
    "metadata", [*(byte_level(pre=pre) for pre in PRES), sentence_pieces()], ids=[*PRES, "sentence pieces"]
)
def test_vocabularies_of_gguf_files(metadata: dict[str, object], tmp_path: Path) -> None:
    pair = open_compiled(read_gguf_tokenizer(metadata), tmp_path)
    for text in (*TEXTS, *random_texts(200, seed=5)):
        check(pair, text)
    assert pair[0].frame(pair[0].encode("ab")).ids == pair[1].encode("ab").ids


def test_frames_and_truncation(pair: Pair) -> None:
    ours, theirs = pair
    theirs.encode_special_tokens = True
    for first, second in pairwise(TEXTS[:9]):
        ids, others = ours.encode(first), ours.encode(second)
        for longest in (8, 20, 51):
            theirs.enable_truncation(longest)
            single, double = theirs.encode(first), theirs.encode(first, second)
            framed, framed_pair = ours.frame(ids, longest=longest), ours.frame(ids, others, longest=longest)
            assert (framed.ids, framed.types) == (single.ids, single.type_ids)
            assert (framed_pair.ids, framed_pair.types) == (double.ids, double.type_ids)
            offsets = ours.encode_with_offsets(first)[1]
            assert ours.frame_offsets(offsets, longest=longest) == single.offsets
        theirs.no_truncation()


def test_names_and_numbers(pair: Pair) -> None:
    ours, theirs = pair
    names = theirs.get_vocab(with_added_tokens=True)
    assert ours.size == max(names.values()) + 1
    assert all(ours.id_of(name) == identity for name, identity in names.items())
    assert ours.id_of("no such token, surely") is None
    special = {identity for identity, token in theirs.get_added_tokens_decoder().items() if token.special}
    assert ours.specials == special
    assert all(ours.token_bytes(identity) == b"" for identity in special)


def test_the_same_document_gives_the_same_bytes(pair: Pair) -> None:
    document = json.loads(pair[1].to_str())
    assert compile_tokenizer(document) == compile_tokenizer(json.loads(json.dumps(document)))
