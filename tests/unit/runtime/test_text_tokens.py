"""Cutting texts, ids and batches."""

import json
from pathlib import Path

import pytest

from pilotlight_runtime.datatypes import BYTES, INT64
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tensors import batches, padded, read_texts, texts_tensor
from pilotlight_runtime.text.tokens import Vocabulary, characters, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A fine, fine film!", ["a", "fine", ",", "fine", "film", "!"]),
        ("It doesn't work", ["it", "does", "n't", "work"]),
        ("It does n't work", ["it", "does", "n't", "work"]),
        ("won\u2019t it's 'em' '", ["wo", "n't", "it", "'s", "'em'", "'"]),
        ("  \t\n ", []),
        ("...", [".", ".", "."]),
        ("Größe 2,5 МИР 映画", ["größe", "2", ",", "5", "мир", "映画"]),
        ("हिन्दी, cafe\u0301 snake_case", ["हिन्दी", ",", "cafe\u0301", "snake", "_", "case"]),
        ("👍\u200bok", ["👍", "\u200b", "ok"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_that_are_cut_already_stay_as_they_are() -> None:
    text = "They're sure it isn't John's; who'd've thought?"
    assert words(" ".join(words(text))) == words(text)


def test_characters_know_one_kind_of_white_space() -> None:
    assert characters("  Ab\n\t c ") == ["a", "b", " ", "c"]


@pytest.mark.parametrize("buckets", [1, 7])
def test_ids_tell_tokens_from_unknown_ones_and_padding(tmp_path: Path, buckets: int) -> None:
    vocabulary = Vocabulary(["a", "ü", "\n"], buckets)
    assert vocabulary.size == 4 + buckets
    assert vocabulary.ids(["a", "ü", "\n"]) == [1 + buckets, 2 + buckets, 3 + buckets]
    unknown = vocabulary.ids(["x", "y", "x", "z", "w"])
    assert unknown[0] == unknown[2]
    assert set(unknown) <= set(range(1, 1 + buckets))
    assert (len(set(unknown)) > 1) == (buckets > 1)
    assert [vocabulary.token(index) for index in (0, 1, 1 + buckets, 3 + buckets)] == ["", "", "a", "\n"]
    with pytest.raises(IndexError):
        vocabulary.token(4 + buckets)
    (tmp_path / "v.json").write_bytes(vocabulary.dump())
    again = Vocabulary.load(tmp_path / "v.json")
    assert (again.tokens, again.buckets) == (vocabulary.tokens, vocabulary.buckets)


@pytest.mark.parametrize(("tokens", "buckets"), [(["a", "a"], 1), (["a"], 0)])
def test_a_vocabulary_that_cannot_be(tokens: list[str], buckets: int) -> None:
    with pytest.raises(ValueError, match="a vocabulary needs"):
        Vocabulary(tokens, buckets)


@pytest.mark.parametrize(
    "content", [b"\xff", b"{", b"[]", b"{}", json.dumps({"buckets": 1, "tokens": ["a", "a"]}).encode()]
)
def test_a_file_that_is_no_vocabulary_ends_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.json").write_bytes(content)
    with pytest.raises(ManifestError, match="train the model again"):
        Vocabulary.load(tmp_path / "v.json")


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (b"", "input 'text': text 1 is empty"),
        (b" \n\t", "input 'text': text 1 is empty"),
        (b"ab\xffc", "input 'text': text 1 is not UTF-8: byte 2 is wrong"),
        ("ü".encode() * 6, "input 'text': text 1 has 6 characters; the most is 5"),
        (b"a" * 100_000, "input 'text': text 1 has 100000 characters; the most is 5"),
    ],
)
def test_a_text_that_cannot_be_taken_is_named(element: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_texts("text", Tensor(BYTES, (2,), (b"fine", element)), 5)
    assert str(caught.value) == message


def test_texts_come_back_whole() -> None:
    texts = ["ü☃" * 2, "a"]
    assert read_texts("text", texts_tensor(texts), 5) == texts
    assert read_texts("text", texts_tensor([]), 5) == []


def test_padding_is_behind_the_shorter_rows() -> None:
    tensor = padded([[3, 4, 5], [], [6]])
    assert (tensor.datatype, tensor.shape) == (INT64, (3, 3))
    assert tensor.buffer.cast("q").tolist() == [3, 4, 5, 0, 0, 0, 6, 0, 0]
    assert padded([]).shape == (0, 0)


ROWS = [[1] * length for length in (3, 1, 2, 3, 1, 9, 2)]


@pytest.mark.parametrize(
    ("most", "mixed", "power", "expected"),
    [
        (6, True, 1, [[1, 4, 2], [6, 0], [3], [5]]),
        (6, False, 1, [[1, 4], [2, 6], [0, 3], [5]]),
        (4, False, 1, [[1, 4], [2, 6], [0], [3], [5]]),
        (18, True, 2, [[1, 4, 2, 6], [0, 3], [5]]),
        (1000, True, 1, [[1, 4, 2, 6, 0, 3, 5]]),
    ],
)
def test_batches_hold_what_fits(most: int, expected: list[list[int]], *, mixed: bool, power: int) -> None:
    assert list(batches(ROWS, most, mixed=mixed, power=power)) == expected


def test_a_batch_has_a_largest_number_of_rows() -> None:
    assert [len(batch) for batch in batches([[1]] * 2500, 10**9, mixed=True)] == [1024, 1024, 452]


def test_all_texts_together_have_a_limit() -> None:
    tensor = texts_tensor(["abc", "de"])
    assert read_texts("text", tensor, 3, 5) == ["abc", "de"]
    with pytest.raises(InvalidRequest, match="input 'text': the texts have 5 characters together; the most is 4"):
        read_texts("text", tensor, 3, 4)


def test_no_rows_are_no_batches() -> None:
    assert list(batches([], 10, mixed=True)) == []
