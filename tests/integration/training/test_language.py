"""The language model, trained small on three of Django's languages."""

from pathlib import Path

import numpy as np
import pytest
from support.text_project import TextModel, operators, trained_small
from support.training_code import training_module

SPOKEN = ("de", "el", "fr")
MIXED = ("x", "Bitte geben Sie ein gültiges Datum ein.", "Veuillez saisir une date valide. " * 12, "Όχι", "☃☃ 123")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    root = tmp_path_factory.mktemp("language")
    write(root / "texts")
    return trained_small(root, "language", root / "texts", len(SPOKEN), epochs=3)


def write(folder: Path) -> None:
    folder.mkdir()
    messages = training_module("language", "messages")
    arrays = messages.load_messages()
    for language in SPOKEN:
        chosen = arrays.x_train[arrays.y_train == messages.LANGUAGES.index(language)][:400]
        (folder / f"{language}.txt").write_text("\n".join(chosen.tolist()), encoding="utf-8")


def test_languages_are_told_apart(model: TextModel) -> None:
    assert model.result.metrics["accuracy"] >= 0.8
    answer = model.ask(["Bitte geben Sie ein gültiges Datum ein.", "Παρακαλώ εισάγετε μια έγκυρη ημερομηνία."])
    assert answer.labels == ["de", "el"]


def test_attention_is_plain_operators(model: TextModel) -> None:
    found = operators(model.folder / "classifier" / "model.onnx")
    assert {"MatMul", "Softmax"} <= found
    assert not found & {"Loop", "Scan", "If"}


def test_padding_and_masks_change_no_answer(model: TextModel) -> None:
    """Keras in one padded batch, the function in padded batches of its own, and each text alone."""
    expected = model.source(MIXED)
    together = model.ask(MIXED)
    np.testing.assert_allclose(together.probabilities, expected, rtol=1e-4, atol=1e-5)
    assert together.labels == [SPOKEN[index] for index in np.argmax(expected, axis=1)]
    for text, row in zip(MIXED, together.probabilities, strict=True):
        np.testing.assert_allclose(model.ask([text]).probabilities, [row], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(model.source([text]), [row], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "input 'text': text 0 is empty"),
        ("a" * 100_000, "input 'text': text 0 has 100000 characters; the most is 2000"),
        ("é".encode("latin-1") * 9, "input 'text': text 0 is not UTF-8: byte 0 is wrong"),
    ],
)
def test_texts_that_cannot_be_answered_are_told_so(model: TextModel, text: str | bytes, message: str) -> None:
    answer = model.ask([text, "fine"])
    assert (answer.status, answer.error) == (400, message)


def test_the_longest_texts_are_answered_one_by_one(model: TextModel) -> None:
    text = "Veuillez saisir " * 125
    answer = model.ask([text, "Ja", text])
    np.testing.assert_allclose(answer.probabilities[0], answer.probabilities[2], rtol=1e-6)
    assert answer.labels[0] == "fr"


def test_the_cells_of_a_batch_are_bounded(model: TextModel) -> None:
    answer = model.ask(["kurz", "ein etwas längerer Satz zum Vergleichen"] * 3000)
    assert answer.probabilities.shape == (6000, 3)
    np.testing.assert_allclose(answer.probabilities[:2], answer.probabilities[-2:], rtol=1e-4, atol=1e-6)
