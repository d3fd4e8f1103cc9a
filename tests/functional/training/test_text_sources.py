"""Labelled texts from folders."""

from pathlib import Path

import pytest

from pilotlight import Run, load_text_folder, load_tsv_folder
from pilotlight.core.errors import DataError

SENTIMENTS = ("negative", "positive")


def run_on(source: str | Path) -> Run:
    return Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0)


def sst2(folder: Path, **files: bytes) -> Path:
    contents = {"train": b"a fine film\t1\na dull\tfilm\t0\n", "test": "größe\t1\r\n".encode(), **files}
    for name, content in contents.items():
        (folder / f"{name}.tsv").write_bytes(content)
    return folder


def test_a_folder_of_sentences(tmp_path: Path) -> None:
    arrays = load_tsv_folder(run_on(sst2(tmp_path)), SENTIMENTS)
    assert arrays.x_train.tolist() == ["a fine film", "a dull\tfilm"]
    assert (arrays.y_train.tolist(), arrays.x_test.tolist(), arrays.y_test.tolist()) == ([1, 0], ["größe"], [1])
    (tmp_path / "dev.tsv").write_bytes(b"warm\t1\n")
    more = load_tsv_folder(run_on(tmp_path), SENTIMENTS)
    assert (more.x_train.tolist(), more.x_test.tolist()) == ([*arrays.x_train.tolist(), "warm"], ["größe"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train": b"fine\t1\nno class\n"}, r"train\.tsv:2: is not a text with its class"),
        ({"test": b"fine\t2\n"}, r"test\.tsv:1: is not a text"),
        ({"test": b" \t1\n"}, r"test\.tsv:1: is not a text"),
        ({"train": b""}, r"train\.tsv: holds no texts"),
        ({"train": b"fin\xff\t1\n"}, r"train\.tsv: is not UTF-8 at byte 3"),
        ({"train": b"a\t1\n" + b"long " * 1001 + b"\t0\n"}, r"train\.tsv:2: has 5007 characters; the limit is 5000"),
        ({"train": b"fine\t1\n"}, "no training sample of the class 'negative'"),
    ],
)
def test_sentences_that_are_malformed_are_named(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_tsv_folder(run_on(sst2(tmp_path, **files)), SENTIMENTS)


def test_a_byte_order_mark_and_other_ends_of_lines_are_no_part_of_a_sentence(tmp_path: Path) -> None:
    train = "\ufefffine\t1\r\nbad\u2028indeed\t0\r\n".encode()
    arrays = load_tsv_folder(run_on(sst2(tmp_path, train=train)), SENTIMENTS)
    assert arrays.x_train.tolist()[:2] == ["fine", "bad\u2028indeed"]


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    for name in ("de.txt", "en.txt"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load_text_folder(run_on(tmp_path))


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no train\.tsv"):
        load_tsv_folder(run_on(tmp_path), SENTIMENTS)
    for source in ("elsewhere", ""):
        with pytest.raises(DataError, match=r"is not a folder\. Give a folder with train\.tsv and test\.tsv"):
            load_tsv_folder(run_on(source), SENTIMENTS)
        with pytest.raises(DataError, match=r"is not a folder\. Give a folder with a file NAME\.txt for each class"):
            load_text_folder(run_on(source))


def test_a_folder_of_text_files(tmp_path: Path) -> None:
    for name in ("de", "en"):
        lines = [f"{name} line {index}" for index in range(40)]
        (tmp_path / f"{name}.txt").write_text("\n".join([*lines, "", f"  {lines[0]} "]))
    arrays, classes = load_text_folder(run_on(tmp_path))
    assert classes == ("de", "en")
    texts = [*arrays.x_train.tolist(), *arrays.x_test.tolist()]
    assert len(texts) == len(set(texts)) == 80
    assert 8 < len(arrays.x_test) < 30
    assert all(classes[label] == text[:2] for text, label in zip(arrays.x_test, arrays.y_test, strict=True))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"de": b"a\nb"}, r"holds 1 \.txt files"),
        ({"de": b"a\nb", "en": b""}, r"en\.txt: has no line to learn from"),
        ({"de": b"a\xff", "en": b"a"}, r"de\.txt: is not UTF-8 at byte 1"),
        ({"de": b"a\nb\n" + b"x" * 100_000, "en": b"a"}, r"de\.txt:3: has 100000 characters; the limit is 5000"),
    ],
)
def test_text_files_that_are_malformed_are_named(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    for name, content in files.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_text_folder(run_on(tmp_path))
