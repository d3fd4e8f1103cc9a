"""Texts from the sources that the two text models know."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pilotlight.core.errors import DataError
from pilotlight.training import Run, fingerprint, load_languages, load_sentiments
from pilotlight.training.text.messages import LANGUAGES, LEAST_BYTES
from pilotlight.training.text.po import Message, read_po


def run_on(source: str | Path) -> Run:
    return Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0)


def sst2(folder: Path, **files: bytes) -> Path:
    contents = {"train": b"a fine film\t1\na dull\tfilm\t0\n", "test": "größe\t1\r\n".encode(), **files}
    for name, content in contents.items():
        (folder / f"{name}.tsv").write_bytes(content)
    return folder


def test_the_grammars_reviews_are_balanced_and_in_one_part_each() -> None:
    arrays, classes = load_sentiments(run_on("reviews"))
    assert classes == ("negative", "positive")
    assert (len(arrays.x_train), len(arrays.x_test)) == (6400, 640)
    assert (arrays.y_train.mean(), arrays.y_test.mean()) == (0.5, 0.5)
    assert not set(arrays.x_train.tolist()) & set(arrays.x_test.tolist())
    text = " ".join(arrays.x_train.tolist())
    assert all(word in text for word in (" but ", "although ", " is n't ", "anything but", "utterly "))
    assert fingerprint(arrays) == fingerprint(load_sentiments(run_on("reviews")).arrays)


def test_contrast_and_negation_decide_and_no_single_word_does() -> None:
    arrays, _ = load_sentiments(run_on("reviews"))
    found: dict[str, set[int]] = {}
    for text, label in zip(arrays.x_train.tolist(), arrays.y_train.tolist(), strict=True):
        for word in text.split():
            found.setdefault(word, set()).add(label)
    assert [word for word, labels in found.items() if len(labels) == 1] == []


def test_a_folder_of_sentences(tmp_path: Path) -> None:
    arrays, _ = load_sentiments(run_on(sst2(tmp_path)))
    assert arrays.x_train.tolist() == ["a fine film", "a dull\tfilm"]
    assert (arrays.y_train.tolist(), arrays.x_test.tolist(), arrays.y_test.tolist()) == ([1, 0], ["größe"], [1])
    (tmp_path / "dev.tsv").write_bytes(b"warm\t1\n")
    more, _ = load_sentiments(run_on(tmp_path))
    assert (more.x_train.tolist(), more.x_test.tolist()) == ([*arrays.x_train.tolist(), "warm"], ["größe"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train": b"fine\t1\nno class\n"}, r"train\.tsv:2: is no sentence with its class"),
        ({"test": b"fine\t2\n"}, r"test\.tsv:1: is no sentence"),
        ({"test": b" \t1\n"}, r"test\.tsv:1: is no sentence"),
        ({"train": b""}, r"train\.tsv: holds no sentences"),
        ({"train": b"fin\xff\t1\n"}, r"train\.tsv: is not UTF-8 at byte 3"),
        ({"train": b"a\t1\n" + b"long " * 1001 + b"\t0\n"}, r"train\.tsv:2: has 5007 characters; the most is 5000"),
        ({"train": b"fine\t1\n"}, "no sample of the class 'negative' to learn from|'negative', of which"),
    ],
)
def test_sentences_that_are_malformed_are_named(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_sentiments(run_on(sst2(tmp_path, **files)))


def test_a_byte_order_mark_and_other_ends_of_lines_are_no_part_of_a_sentence(tmp_path: Path) -> None:
    train = "\ufefffine\t1\r\nbad\u2028indeed\t0\r\n".encode()
    arrays, _ = load_sentiments(run_on(sst2(tmp_path, train=train)))
    assert arrays.x_train.tolist()[:2] == ["fine", "bad\u2028indeed"]


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    for name in ("de.txt", "en.txt"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load_languages(run_on(tmp_path))


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no train\.tsv"):
        load_sentiments(run_on(tmp_path))
    for load in (load_sentiments, load_languages):
        with pytest.raises(DataError, match="is no folder and none that is built in"):
            load(run_on("elsewhere"))


def test_djangos_translations_are_split_by_message_and_no_text_is_in_both_parts() -> None:
    arrays, classes = load_languages(run_on("django"))
    assert classes == LANGUAGES
    assert len(arrays.x_train) > 15_000
    counts = Counter(arrays.y_test.tolist())
    assert len(counts) == 33
    assert min(counts.values()) >= 20
    learned = {text.lower() for text in arrays.x_train.tolist()}
    assert not [text for text in arrays.x_test.tolist() if text.lower() in learned]
    assert all(len(text.encode()) >= LEAST_BYTES for text in arrays.x_test.tolist())
    assert not [text for text in (*arrays.x_train.tolist(), *arrays.x_test.tolist()) if "%(" in text or "</" in text]


def test_a_text_of_several_languages_is_left_out() -> None:
    arrays, _ = load_languages(run_on("django"))
    texts = [*arrays.x_train.tolist(), *arrays.x_test.tolist()]
    labels = [*arrays.y_train.tolist(), *arrays.y_test.tolist()]
    owners: dict[str, set[int]] = {}
    for text, label in zip(texts, labels, strict=True):
        owners.setdefault(text.lower(), set()).add(label)
    assert [text for text, found in owners.items() if len(found) > 1] == []


def test_a_folder_of_text_files(tmp_path: Path) -> None:
    for name in ("de", "en"):
        lines = [f"{name} line {index}" for index in range(40)]
        (tmp_path / f"{name}.txt").write_text("\n".join([*lines, "", f"  {lines[0]} "]))
    arrays, classes = load_languages(run_on(tmp_path))
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
        ({"de": b"a\nb\n" + b"x" * 100_000, "en": b"a"}, r"de\.txt:3: has 100000 characters; the most is 5000"),
    ],
)
def test_text_files_that_are_malformed_are_named(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    for name, content in files.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_languages(run_on(tmp_path))


PO = r"""
msgid ""
msgstr "Language: de\n"

#: views.py:3
#, python-format
msgctxt "button"
msgid "Save \"%(name)s\""
msgstr ""
"Speichern: "
"%(name)s"

#, fuzzy
msgid "Doubtful"
msgstr "Zweifelhaft"

msgid "Untranslated"
msgstr ""

msgid "%d day"
msgid_plural "%d days"
msgstr[0] "%d Tag"
msgstr[1] "%d Tage"

#~ msgid "Old"
#~ msgstr "Alt"
"""


def test_a_gettext_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text(PO, encoding="utf-8")
    assert read_po(path) == [
        Message('Save "%(name)s"', ("Speichern: %(name)s",)),
        Message("%d day", ("%d Tag", "%d Tage")),
    ]


@pytest.mark.parametrize("line", ['"lost"', "msgid unquoted", 'msgid "open'])
def test_a_line_of_no_catalogue_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "django.po"
    path.write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"django\.po:2: is no line of a gettext catalogue"):
        read_po(path)


def test_texts_make_a_fingerprint_of_their_content() -> None:
    arrays, _ = load_sentiments(run_on("reviews"))
    changed = arrays._replace(x_test=np.array([*arrays.x_test[:-1].tolist(), "another"]))
    assert fingerprint(arrays) != fingerprint(changed)
