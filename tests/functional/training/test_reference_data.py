"""The data sets that reference models keep beside their train.py."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from support.training_code import FUNCTIONS, training_module

from pilotlight import DataError, Run, fingerprint, load_train_module

load_reviews = training_module("sentiment", "reviews").load_reviews
load_number_words = training_module("translate", "number_words").load_number_words
corpus_bleu = training_module("translate", "bleu").corpus_bleu
log_count_ratios = training_module("sentiment", "ratios").log_count_ratios
messages = training_module("language", "messages")
po = training_module("language", "po")


@pytest.mark.parametrize(
    ("model", "source", "expected"),
    [
        ("sentiment", "reviews", "c5fb124bc1ea10e7857cbe4b9ceb8efac36978b943906dc5b3084ea1ef8c8a39"),
        ("translate", "numbers", "678f58a4c1bbded5d43e5c3a1169a99767576ee273a6f03d04fa592cdd93a6fb"),
    ],
)
def test_a_data_set_stays_the_same(model: str, source: str, expected: str) -> None:
    """Published versions are named by what the model learned: other data would be other versions."""
    run = Run(source, epochs=1, batch_size=1, learning_rate=0.1, seed=0)
    assert load_train_module(FUNCTIONS / model).load(run).fingerprint == expected


def test_the_grammars_reviews_are_balanced_and_in_one_part_each() -> None:
    arrays = load_reviews()
    assert (len(arrays.x_train), len(arrays.x_test)) == (6400, 640)
    assert (arrays.y_train.mean(), arrays.y_test.mean()) == (0.5, 0.5)
    assert not set(arrays.x_train.tolist()) & set(arrays.x_test.tolist())
    text = " ".join(arrays.x_train.tolist())
    assert all(word in text for word in (" but ", "although ", " is n't ", "anything but", "utterly "))
    assert fingerprint(arrays) == fingerprint(load_reviews())


def test_contrast_and_negation_decide_and_no_single_word_does() -> None:
    arrays = load_reviews()
    found: dict[str, set[int]] = {}
    for text, label in zip(arrays.x_train.tolist(), arrays.y_train.tolist(), strict=True):
        for word in text.split():
            found.setdefault(word, set()).add(label)
    assert [word for word, labels in found.items() if len(labels) == 1] == []


def test_djangos_translations_are_split_by_message_and_no_text_is_in_both_parts() -> None:
    arrays = messages.load_messages()
    assert len(arrays.x_train) > 15_000
    counts = Counter(arrays.y_test.tolist())
    assert len(counts) == len(messages.LANGUAGES) == 33
    assert min(counts.values()) >= 20
    learned = {text.lower() for text in arrays.x_train.tolist()}
    assert not [text for text in arrays.x_test.tolist() if text.lower() in learned]
    assert all(len(text.encode()) >= messages.MIN_BYTES for text in arrays.x_test.tolist())
    assert not [text for text in (*arrays.x_train.tolist(), *arrays.x_test.tolist()) if "%(" in text or "</" in text]


def test_a_text_of_several_languages_is_left_out() -> None:
    arrays = messages.load_messages()
    texts = [*arrays.x_train.tolist(), *arrays.x_test.tolist()]
    labels = [*arrays.y_train.tolist(), *arrays.y_test.tolist()]
    owners: dict[str, set[int]] = {}
    for text, label in zip(texts, labels, strict=True):
        owners.setdefault(text.lower(), set()).add(label)
    assert [text for text, found in owners.items() if len(found) > 1] == []


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
    assert po.read_po(path) == [
        po.Message('Save "%(name)s"', ("Speichern: %(name)s",)),
        po.Message("%d day", ("%d Tag", "%d Tage")),
    ]


@pytest.mark.parametrize("line", ['"lost"', "msgid unquoted", 'msgid "open'])
def test_a_line_of_no_catalogue_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "django.po"
    path.write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"django\.po:2: is not a line of a gettext catalogue"):
        po.read_po(path)


def test_texts_make_a_fingerprint_of_their_content() -> None:
    arrays = load_reviews()
    changed = arrays._replace(x_test=np.array([*arrays.x_test[:-1].tolist(), "another"]))
    assert fingerprint(arrays) != fingerprint(changed)


def test_held_out_numbers_occur_nowhere_in_what_is_learned_from() -> None:
    arrays = load_number_words("en", "de")
    assert (len(arrays.x_train), len(arrays.x_test)) == (16_000, 2000)
    learned = set(arrays.x_train.tolist())
    assert len(learned) == 16_000
    assert not learned & set(arrays.x_test.tolist())
    assert not set(arrays.y_train.tolist()) & set(arrays.y_test.tolist())
    pairs = dict(zip(arrays.x_train.tolist(), arrays.y_train.tolist(), strict=True))
    assert (pairs["zero"], pairs["twenty-one"], pairs["ninety-nine"]) == ("null", "einundzwanzig", "neunundneunzig")


def test_bleu_leaves_letter_case_aside() -> None:
    assert corpus_bleu(["ein mann mit hut ."], ["Ein Mann mit Hut."]) == pytest.approx(100)
    assert 0 < corpus_bleu(["ein mann mit einem hut steht hier"], ["ein mann mit einem hut sitzt dort"]) < 70


def test_log_count_ratios_are_those_of_the_paper() -> None:
    ratios = log_count_ratios([[1, 1, 2], [1], [2, 3]], [1, 1, 0], 4)
    # Counts smoothed by 1: class 1 has 1, 3, 2, 1 of 7; class 0 has 1, 1, 2, 2 of 6.
    assert ratios == pytest.approx(np.log([(1 / 7) / (1 / 6), (3 / 7) / (1 / 6), (2 / 7) / (2 / 6), (1 / 7) / (2 / 6)]))
