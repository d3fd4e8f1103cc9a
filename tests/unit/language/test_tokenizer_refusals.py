"""What a tokenizer.json has and the runtime does not is refused when the model is imported, by name."""

from typing import Any

import pytest
from support.small_tokenizers import ALPHABET, added, byte_level, word_pieces

from pilotlight.core.errors import ConversionError
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer

PRINTED = ALPHABET[0x20:0x7F]
PLAIN = {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}}


def model(**changes: Any) -> dict[str, Any]:
    """The byte-level document with another model."""
    return byte_level(model=byte_level()["model"] | changes)


UNSUPPORTED = {
    "UnicodeScripts": byte_level(pre_tokenizer={"type": "UnicodeScripts"}),
    "Digits behind ByteLevel": byte_level(
        pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Digits"}]}
    ),
    "the setting 'new' of Digits": byte_level(pre_tokenizer={"type": "Digits", "individual_digits": True, "new": 1}),
    "the behavior 'Shuffled'": word_pieces(
        pre_tokenizer={"type": "Split", "pattern": {"String": "a"}, "behavior": "Shuffled", "invert": False}
    ),
    "'a*' (it matches the empty text)": word_pieces(
        pre_tokenizer={"type": "Split", "pattern": {"Regex": "a*"}, "behavior": "Isolated", "invert": False}
    ),
    "FixedLength of 0": word_pieces(pre_tokenizer={"type": "FixedLength", "length": 0}),
    "ByteLevel is not": word_pieces(normalizer={"type": "ByteLevel"}),
    "the setting 'much' of Strip": word_pieces(
        normalizer={"type": "Strip", "strip_left": True, "strip_right": True, "much": True}
    ),
    "CTC": word_pieces(decoder={"type": "CTC", "pad_token": "a", "word_delimiter_token": "b", "cleanup": True}),
    "BPEDecoder": word_pieces(decoder={"type": "BPEDecoder", "suffix": "</w>"}),
    "Strip at the end of the whole text": word_pieces(
        decoder={
            "type": "Sequence",
            "decoders": [{"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 0, "stop": 1}],
        }
    ),
    "Replace in this place": word_pieces(
        decoder={
            "type": "Sequence",
            "decoders": [{"type": "Fuse"}, {"type": "Replace", "pattern": {"String": "a"}, "content": "b"}],
        }
    ),
    "another one than ByteLevel": byte_level(decoder=None),
    "Shuffle": word_pieces(post_processor={"type": "Shuffle"}),
    "dropout": model(dropout=0.1),
    "a prefix or a suffix of a byte-level BPE": model(end_of_word_suffix="</w>"),
    "byte fallback or fused unknown tokens": byte_level(
        model={"type": "BPE", "vocab": {letter: place for place, letter in enumerate(PRINTED)}, "byte_fallback": True}
    ),
    "Neural": byte_level(pre_tokenizer=None, decoder=None, model={"type": "Neural", "vocab": {"a": 0}}),
    "the setting 'novel' of this section": byte_level(novel=True),
    "names each text once": word_pieces(
        post_processor={"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}
    ),
    "Random to the Right": word_pieces(truncation={"max_length": 5, "strategy": "Random", "stride": 0}),
}


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_a_component_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConversionError) as refused:
        compile_tokenizer(UNSUPPORTED[name])
    assert name.replace("names", "name") in str(refused.value)
    assert "not supported" in str(refused.value)


def without(*tokens: str) -> dict[str, Any]:
    document = byte_level()
    for token in tokens:
        del document["model"]["vocab"][token]
    return document


DAMAGED = {
    "its tokens 'a' and 'b' both have the id 3": byte_level(model=PLAIN | {"vocab": {"a": 3, "b": 3}}),
    "its token 'a' has the id -1": byte_level(model=PLAIN | {"vocab": {"a": -1}}),
    "its token 'a' has the id True": byte_level(model=PLAIN | {"vocab": {"a": True}}),
    "its token 'a' has the id 16777216": byte_level(model=PLAIN | {"vocab": {"a": 1 << 24}}),
    "it has 1 tokens, but an id of 9999": byte_level(model=PLAIN | {"vocab": {"a": 9999}}),
    "it has not the layout of a tokenizer (ValueError": byte_level(model={"type": "Unigram", "vocab": [["a"]]}),
    "it has not the layout of a tokenizer (OverflowError": byte_level(
        model={"type": "Unigram", "unk_id": 0, "vocab": [["a", 10**400]]}, pre_tokenizer=None
    ),
    "its vocabulary is empty": byte_level(model=PLAIN | {"vocab": {}}),
    "its token 'a' comes twice": byte_level(
        pre_tokenizer=None, model={"type": "Unigram", "unk_id": 0, "vocab": [["a", -1.0], ["a", -2.0]]}
    ),
    "its unknown token has the id 7": byte_level(
        pre_tokenizer=None, model={"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]]}
    ),
    "its unknown token '[UNK]' is not in its vocabulary": word_pieces(model={"type": "WordPiece", "vocab": {"a": 0}}),
    "its merge 3, ['Ġth', 'e'], needs the token 'Ġthe'": without("Ġthe"),
    "no token for 1 bytes of ASCII, such as 'q'": without("q"),
    "its merge 1, 'a', is no pair": model(merges=["a"]),
    "its merge 2, ['h', 'e'], comes twice": model(merges=[["h", "e"], ["h", "e"]]),
    "its unknown token 'no' is not in its vocabulary": byte_level(
        model={"type": "BPE", "unk_token": "no", "vocab": {letter: place for place, letter in enumerate(PRINTED)}}
    ),
    "256 tokens of bytes, but 256 miss, such as <0x00>": byte_level(
        pre_tokenizer=None, model=byte_level()["model"] | {"byte_fallback": True}
    ),
    "'<new>' has the id 500, but its place is 264": byte_level(added_tokens=[added(500, "<new>")]),
    "'a' has the id 3, but its place is 99": byte_level(added_tokens=[added(3, "a")]),
    "its id 999 is not one of the 12": word_pieces(
        post_processor={"type": "BertProcessing", "sep": ["[SEP]", 999], "cls": ["[CLS]", 2]}
    ),
    "its precompiled charsmap cannot be read (it is not base64": word_pieces(
        normalizer={"type": "Precompiled", "precompiled_charsmap": "?"}
    ),
    "its precompiled charsmap cannot be read (its trie has 4096 bytes, but 4 follow)": word_pieces(
        normalizer={"type": "Precompiled", "precompiled_charsmap": "ABAAAAAAAAA="}
    ),
    "it has not the layout of a tokenizer": {"model": {"type": "BPE"}},
    "it has not the layout of a tokenizer (AttributeError": word_pieces(normalizer=["NFC"]),
}


@pytest.mark.parametrize("what", sorted(DAMAGED))
def test_a_vocabulary_that_does_not_fit_is_refused(what: str) -> None:
    with pytest.raises(ConversionError) as refused:
        compile_tokenizer(DAMAGED[what])
    assert what in str(refused.value)


def test_the_oldest_files_name_no_model() -> None:
    document = byte_level()
    del document["model"]["type"]
    document["model"]["merges"] = ["#version: 0.2", *(" ".join(merge) for merge in document["model"]["merges"])]
    assert compile_tokenizer(document) == compile_tokenizer(byte_level())


def test_every_byte_has_a_character() -> None:
    assert len(set(ALPHABET)) == 256
    assert (ALPHABET[0x20], ALPHABET[0x0A], ALPHABET[0x41], ALPHABET[0xAD]) == ("Ġ", "Ċ", "A", "\u0143")
