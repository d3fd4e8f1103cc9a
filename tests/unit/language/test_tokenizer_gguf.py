"""The vocabulary of a GGUF file as a tokenizer.json."""

from typing import Any

import pytest
from support.small_tokenizers import GGUF_TOKENS as TOKENS
from support.small_tokenizers import gguf_bytes as byte_level
from support.small_tokenizers import open_document, sentence_pieces

from pilotlight.core.errors import ConversionError
from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer


def ids(metadata: dict[str, object], text: str) -> list[str]:
    tokenizer = open_document(read_gguf_tokenizer(metadata))
    return [TOKENS[token] for token in tokenizer.frame(tokenizer.encode(text, special=True)).ids]


@pytest.mark.parametrize(
    ("pre", "expected"),
    [
        ("smollm", ["he", "1", "2", "Ġ", "he"]),
        ("gpt-2", ["he", "12", "Ġ", "he"]),
        ("llama-bpe", ["<|end|>", "he", "12", "Ġ", "he"]),
        ("qwen2", ["he", "1", "2", "Ġ", "he"]),
        ("gpt-4o", ["he", "12", "Ġ", "he"]),
        ("tekken", ["<|end|>", "he", "1", "2", "Ġ", "he"]),
    ],
)
def test_the_named_pre_tokenizers(pre: str, expected: list[str]) -> None:
    metadata = byte_level(pre=pre)
    del metadata["tokenizer.ggml.add_bos_token"]
    assert ids(metadata, "he12 he") == expected


def test_tokens_around_a_text() -> None:
    assert ids(byte_level(add_bos_token=True, add_eos_token=True), "he") == ["<|end|>", "he", "<|end|>"]
    assert ids(byte_level(), "he") == ["he"]


def test_types_of_tokens() -> None:
    tokenizer = open_document(read_gguf_tokenizer(byte_level()))
    assert tokenizer.specials == {0}
    assert tokenizer.encode("<|end|><think>")[-1:] == [259]
    assert tokenizer.encode("<|end|><think>", special=True) == [0, 259]


def test_a_file_without_types_has_normal_tokens() -> None:
    metadata = byte_level()
    del metadata["tokenizer.ggml.token_type"]
    assert open_document(read_gguf_tokenizer(metadata)).specials == frozenset()


def test_qwen_composes_characters() -> None:
    assert ids(byte_level(pre="qwen2"), "e\u0301") == ["Ã", "©"]
    assert ids(byte_level(pre="gpt-2"), "e\u0301") == ["e", "Ì", "ģ"]


def test_sentence_pieces() -> None:
    document = read_gguf_tokenizer(sentence_pieces())
    assert document["model"]["merges"] == [
        ["a", "b"],
        ["\u2581", "a"],
        ["\u2581", "ab"],
        ["\u2581a", "b"],
        ["ab", "ab"],
    ]
    assert [token["content"] for token in document["added_tokens"]] == ["<unk>", "<s>", "</s>", "<tool>"]
    assert open_document(document).specials == {0, 1, 2}


def test_sentence_pieces_without_a_space_in_front() -> None:
    tokenizer = open_document(read_gguf_tokenizer({**sentence_pieces(), "tokenizer.ggml.add_space_prefix": False}))
    assert tokenizer.encode("ab a") == [263, 262]
    assert tokenizer.decode([262, 263]) == " aab"


def damaged(metadata: dict[str, object], **changes: object) -> dict[str, object]:
    return {**metadata, **{f"tokenizer.ggml.{name}": value for name, value in changes.items()}}


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "no list of texts tokenizer.ggml.tokens"),
        (byte_level(tokens=[1, 2]), "no list of texts tokenizer.ggml.tokens"),
        (byte_level(token_type=[1]), "260 tokens have 1 types"),
        (byte_level(token_type="1"), "no list of numbers tokenizer.ggml.token_type"),
        (byte_level(model="bert"), "its tokenizer is 'bert'"),
        (byte_level(pre="novel"), "its pre-tokenizer is 'novel'"),
        (byte_level(merges=None), "no list of texts tokenizer.ggml.merges"),
        (byte_level(tokens=["a", *TOKENS[1:]]), "its token 'a' comes twice"),
        (byte_level(add_bos_token=True, bos_token_id=999), "tokenizer.ggml.bos_token_id is 999, but it has 260 tokens"),
        (damaged(sentence_pieces(), scores=[0.0]), "267 tokens have 1 scores"),
    ],
)
def test_a_damaged_file_is_refused(metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        read_gguf_tokenizer(metadata)
