"""Texts as tokens and tokens as texts, with tokenizers that are small enough to read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_tokenizers import added, byte_level, open_document, sentence_pieces, word_pieces

from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.text.tokenization.tokenizer_asset import pack, unpack
from pilotlight_runtime.text.tokenizer import open_tokenizer

BYTES = open_document(byte_level())
PIECES = open_document(word_pieces())
SENTENCES = open_document(read_gguf_tokenizer(sentence_pieces()))
THE, HE, E_ACUTE, TWELVE = 260, 261, 262, 263


def byte(value: int) -> int:
    """The id of a byte in `byte_level`."""
    return 2 + value


def test_merged_words_and_bytes() -> None:
    assert BYTES.encode("the the 12é") == [byte(ord("t")), HE, THE, byte(ord(" ")), TWELVE, E_ACUTE]
    assert BYTES.size == 264
    assert BYTES.specials == {0, 1}


def test_special_tokens_that_somebody_writes_are_text() -> None:
    text = "a<|end|>"
    assert BYTES.encode(text) == [byte(value) for value in text.encode()]
    assert BYTES.encode(text, special=True) == [byte(ord("a")), 1]
    assert BYTES.decode(BYTES.encode(text)) == text
    assert BYTES.decode([byte(ord("a")), 1]) == "a"


def test_added_tokens_that_are_no_special_ones_are_always_found() -> None:
    document = byte_level()
    document["added_tokens"] += [added(264, "<think>", special=False), added(265, "<thinking>", special=False)]
    tokenizer = open_document(document)
    assert tokenizer.encode("<thinking><think>") == [265, 264]
    assert tokenizer.decode([265, 264]) == "<thinking><think>"
    assert tokenizer.token_bytes(264) == b"<think>"


def test_names() -> None:
    assert [BYTES.id_of(name) for name in ("<|end|>", "Ġthe", "Ã©", "é", "é\ue000", "no")] == [
        1,
        THE,
        E_ACUTE,
        235,
        None,
        None,
    ]
    assert [PIECES.id_of(name) for name in ("[CLS]", "##ing", "ing")] == [2, 5, None]


def test_an_added_token_of_the_same_bytes_as_another_one() -> None:
    document = byte_level()
    document["added_tokens"].append(added(264, " the", special=False))
    tokenizer = open_document(document)
    assert (tokenizer.id_of(" the"), tokenizer.id_of("Ġthe")) == (264, THE)
    assert tokenizer.encode("a the") == [byte(ord("a")), 264]
    assert tokenizer.decode([264, THE]) == " the the"


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    for encode in (BYTES.encode, BYTES.encode_with_offsets):
        with pytest.raises(InvalidRequest, match=r"half a surrogate pair \(U\+D[0-9A-F]{3}\) as its character \d"):
            encode(text)


@given(text=st.text())
def test_every_text_comes_back(text: str) -> None:
    for special in (False, True):
        ids, offsets = BYTES.encode_with_offsets(text, special=special)
        assert BYTES.encode(text, special=special) == ids
        assert all(0 <= begin <= end <= len(text) for begin, end in offsets)
    assert BYTES.decode(BYTES.encode(text)) == text


@given(tokens=st.lists(st.integers(-1, 270)))
def test_a_stream_is_the_text_and_splits_no_character(tokens: list[int]) -> None:
    for tokenizer in (BYTES, PIECES, SENTENCES):
        stream = tokenizer.stream()
        parts = [stream.push(token) for token in tokens]
        assert "".join(parts) + stream.finish() == tokenizer.decode(tokens)
        "".join(parts).encode()


def test_a_character_comes_with_its_last_byte() -> None:
    stream = BYTES.stream()
    smile = "\U0001f642".encode()
    assert [stream.push(byte(value)) for value in (*smile, *smile[:2], 0x41)] == [
        "",
        "",
        "",
        "\U0001f642",
        "",
        "",
        "\ufffdA",
    ]
    assert stream.push(byte(0xC3)) == ""
    assert stream.finish() == "\ufffd"


def test_word_pieces() -> None:
    assert PIECES.encode("Playing CAFÉ, unplayed. 中x") == [4, 5, 10, 1, 7, 8, 6, 9, 11, 1]
    assert PIECES.decode([4, 5, 9, 7, 8]) == "playing. unplay"
    assert PIECES.encode("un" * 11) == [1]
    assert PIECES.encode_with_offsets("É playing")[1] == [(0, 1), (2, 6), (6, 9)]


def test_frames() -> None:
    ids, pair = [4, 5, 9], [7, 8]
    assert PIECES.frame(ids) == ([2, 4, 5, 9, 3], [0] * 5)
    assert PIECES.frame(ids, pair) == ([2, 4, 5, 9, 3, 7, 8, 3], [0] * 5 + [1] * 3)
    assert PIECES.frame(ids, pair, longest=6) == ([2, 4, 5, 3, 7, 3], [0, 0, 0, 0, 1, 1])
    assert PIECES.frame(ids, longest=2).ids == [2, 3]
    assert BYTES.frame(ids, pair).types == [0, 0, 0, 1, 1]
    assert PIECES.frame_offsets([(0, 4), (4, 7)], longest=3) == [(0, 0), (0, 4), (0, 0)]
    with pytest.raises(InvalidRequest, match="at most 1 tokens leave no room"):
        PIECES.frame(ids, longest=1)


@pytest.mark.parametrize(
    ("settings", "ids", "kept"),
    [
        ({"strategy": "LongestFirst", "direction": "Left"}, [4, 5, 9], [2, 5, 9, 3]),
        ({"strategy": "OnlyFirst", "direction": "Right"}, [4, 5, 9], [2, 4, 5, 3]),
    ],
)
def test_truncation_as_the_file_says(settings: dict[str, str], ids: list[int], kept: list[int]) -> None:
    tokenizer = open_document(word_pieces(truncation={"max_length": 4, "stride": 0, **settings}))
    assert tokenizer.frame(ids).ids == kept
    assert tokenizer.frame(ids, longest=5).ids == [2, *ids, 3]


def test_only_the_second_text_is_truncated() -> None:
    truncation = {"max_length": 6, "stride": 0, "strategy": "OnlySecond", "direction": "Right"}
    tokenizer = open_document(word_pieces(truncation=truncation))
    assert tokenizer.frame([4, 5], [7, 8, 9]).ids == [2, 4, 5, 3, 7, 3]
    with pytest.raises(InvalidRequest, match="shorten them"):
        tokenizer.frame([4] * 9, [7])
    with pytest.raises(InvalidRequest, match="shorten them"):
        tokenizer.frame([4] * 9)


def test_sentence_pieces_fall_back_to_bytes() -> None:
    assert SENTENCES.encode("ab abab") == [264, 264, 263]
    assert SENTENCES.encode("é") == [259, 3 + 0xC3, 3 + 0xA9]
    assert SENTENCES.decode([264, 259, 265]) == "ab abab"
    assert SENTENCES.decode([259, 3 + 0xC3, 3 + 0xA9]) == "é"
    assert SENTENCES.encode("<tool></s>", special=True) == [266, 2]
    assert SENTENCES.frame([264]).ids == [1, 264]


@pytest.mark.parametrize("text", ["\x00\x07\x1b[0m", "\ufeff\u202e", "\uffff", " " * 5000, "<|end|" * 2000])
def test_strange_texts_are_text(text: str) -> None:
    for tokenizer in (BYTES, SENTENCES):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    PIECES.encode(text)


@pytest.mark.parametrize(("unknown", "expected"), [(None, [1, 2]), ("<?>", [1, 0, 0, 2])])
def test_bytes_without_a_token_are_left_out_or_unknown(unknown: str | None, expected: list[int]) -> None:
    vocabulary = {"<?>": 0, "a": 1, "b": 2} | {
        character: 3 + place for place, character in enumerate("Ġ!\"#$%&'()*+,-./")
    }
    document = byte_level(added_tokens=[])
    printed = [chr(number) for number in range(0x21, 0x7F)]
    vocabulary |= {letter: 40 + place for place, letter in enumerate(printed) if letter not in vocabulary}
    document["model"] |= {"unk_token": unknown, "vocab": vocabulary, "merges": []}
    tokenizer = open_document(document)
    assert tokenizer.encode("aéb") == expected
    ids, offsets = tokenizer.encode_with_offsets("aéb")
    assert ids == expected
    assert (offsets[0], offsets[-1]) == ((0, 1), (2, 3))


def test_what_is_kept_of_texts_has_a_limit() -> None:
    tokenizer = open_document(byte_level())
    for number in range(17_000):
        tokenizer.encode(str(number))
    assert len(tokenizer._encoder._kept) <= 16384


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "is not a compiled tokenizer"),
        (b"PILOTLIGHT-TOKENIZER-1\n\x08\0\0\0nonsense", "cannot be read"),
        (pack({}, {})[:30], "cannot be read"),
    ],
)
def test_another_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.bin").write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        open_tokenizer(tmp_path / "tokenizer.bin")


@pytest.mark.parametrize("section", ["model", "steps", "normalizers"])
def test_a_step_of_a_newer_tool_is_refused_by_name(section: str, tmp_path: Path) -> None:
    asset = unpack(compile_tokenizer(byte_level()), "tokenizer.bin")
    newer: object = {**asset.header["model"], "kind": "newer"} if section == "model" else [{"kind": "newer"}]
    header = {key: value for key, value in asset.header.items() if key != "sections"} | {section: newer}
    sections = {name: bytes(content) for name, content in asset.sections.items()}
    (tmp_path / "tokenizer.bin").write_bytes(pack(header, sections))
    with pytest.raises(ManifestError, match="'newer'"):
        open_tokenizer(tmp_path / "tokenizer.bin")


@pytest.mark.parametrize("missing", ["slots", "tokens", "model", "decoder"])
def test_a_file_that_lacks_a_part_is_refused(tmp_path: Path, missing: str) -> None:
    header, sections = unpack(compile_tokenizer(byte_level()), "tokenizer.bin")
    kept = {name: bytes(section) for name, section in sections.items() if name != missing}
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(pack({name: value for name, value in header.items() if name != missing}, kept))
    with pytest.raises(ManifestError, match=f"tokenizer.bin has not the parts .*{missing}.*import the model again"):
        open_tokenizer(path)
