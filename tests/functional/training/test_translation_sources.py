"""Texts in two languages, from folders of aligned files."""

import gzip
from pathlib import Path

import pytest

from pilotlight import Run, load_translations
from pilotlight.core.errors import DataError


def run_on(source: str | Path) -> Run:
    return Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0)


def aligned(folder: Path, **files: bytes) -> Path:
    contents = {"train.en": b"A man.\nTwo.\n", "train.de": "Ein Mann.\nZwei\u2028Größen.".encode()}
    contents |= {"test.en": b"One.\n", "test.de": b"Eins.\n"} | {
        name.replace("_", "."): content for name, content in files.items()
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_of_aligned_files(tmp_path: Path) -> None:
    arrays = load_translations(run_on(aligned(tmp_path)), "en", "de")
    assert arrays.x_train.tolist() == ["A man.", "Two."]
    assert arrays.y_train.tolist() == ["Ein Mann.", "Zwei\u2028Größen."]
    assert (arrays.x_test.tolist(), arrays.y_test.tolist()) == (["One."], ["Eins."])
    turned = load_translations(run_on(tmp_path), "de", "en")
    assert (turned.x_test.tolist(), turned.y_test.tolist()) == (["Eins."], ["One."])


def test_a_folder_in_the_layout_of_multi30k(tmp_path: Path) -> None:
    for part in ("train", "val", "test_2016_flickr"):
        for language in ("en", "de"):
            content = f"{part} in {language}\n".encode()
            (tmp_path / f"{part}.{language}.gz").write_bytes(gzip.compress(content))
    arrays = load_translations(run_on(tmp_path), "en", "de")
    assert [part.tolist() for part in arrays] == [
        ["train in en"], ["train in de"], ["test_2016_flickr in en"], ["test_2016_flickr in de"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train_de": b"a\n"}, r"has 2 lines of en and 1 of de in train\. Line n of both"),
        ({"test_de": b"a\n\nb\n"}, r"test\.de:2: is empty"),
        ({"test_de": b""}, r"test\.de:1: is empty"),
        ({"train_en": b"a\xff\n"}, r"train\.en: is not UTF-8 at byte 1"),
        ({"test_de_gz": b"text"}, r"has 2 files called test\*\.de or test\*\.de\.gz"),
        ({"test2_en": b"a"}, r"has 2 files called test\*\.en"),
    ],
)
def test_files_that_are_malformed_are_named(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_translations(run_on(aligned(tmp_path, **files)), "en", "de")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        DataError,
        match=r"has 0 files called train\.fr or train\.fr\.gz\. .* train\.en, train\.fr",
    ):
        load_translations(run_on(aligned(tmp_path)), "en", "fr")
    with pytest.raises(DataError, match=r"is not a folder\. Give a folder with train\.en"):
        load_translations(run_on("elsewhere"), "en", "de")


@pytest.mark.parametrize("content", [b"text", gzip.compress(b"a\n" * 1000, mtime=0)[:-20]])
def test_what_is_no_gzip_is_named(tmp_path: Path, content: bytes) -> None:
    (aligned(tmp_path) / "train.en").unlink()
    (tmp_path / "train.en.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"train\.en\.gz: is not gzip"):
        load_translations(run_on(tmp_path), "en", "de")
