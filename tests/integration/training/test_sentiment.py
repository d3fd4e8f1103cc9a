"""The sentiment model, trained small on sentences of the grammar, and on real ones where they are at hand."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.text_project import FUNCTIONS, TextModel, operators, trained_small
from support.training_code import training_module
from support.workflow_calls import train_model

from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store

SST2 = os.environ.get("PILOTLIGHT_TEST_SST2", "")

MIXED = ("dull", "the film is not dull , but the plot is n't funny !", "It's clever.", "so so " * 40, "☃ \u200b 映画")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    root = tmp_path_factory.mktemp("sentiment")
    arrays = training_module("sentiment", "reviews").load_reviews()
    for name, texts, labels in (
        ("train", arrays.x_train[:800], arrays.y_train[:800]),
        ("test", arrays.x_test[:150], arrays.y_test[:150]),
    ):
        lines = [f"{text}\t{label}\n" for text, label in zip(texts.tolist(), labels.tolist(), strict=True)]
        (root / f"{name}.tsv").write_text("".join(lines))
    return trained_small(root, "sentiment", root, 2, epochs=1)


def test_the_recurrent_network_is_one_onnx_operator(model: TextModel) -> None:
    found = operators(model.folder / "classifier" / "model.onnx")
    assert "LSTM" in found
    assert not found & {"Loop", "Scan", "If"}


def test_the_version_has_its_vocabulary_and_tells_callers_of_texts_alone(model: TextModel) -> None:
    manifest = model.result.published.manifest
    assert manifest.assets == ("labels.json", "vocabulary.json")
    assert [(spec.name, spec.datatype.name, spec.shape) for spec in manifest.signature.inputs] == [
        ("text", "BYTES", (-1,))
    ]
    (graph,) = manifest.graphs
    assert [(spec.datatype.name, spec.shape) for spec in graph.signature.inputs] == [("INT64", (-1, -1))]
    assert model.result.parity.samples == 150
    assert (model.result.metrics.keys()) == {"accuracy", "loss"}


def test_the_function_answers_as_keras_does_whatever_else_is_in_the_batch(model: TextModel) -> None:
    expected = model.source(MIXED)
    together = model.ask(MIXED)
    assert together.status == 200
    np.testing.assert_allclose(together.probabilities, expected, rtol=1e-4, atol=1e-5)
    assert together.labels == [("negative", "positive")[index] for index in np.argmax(expected, axis=1)]
    for text, row in zip(MIXED, together.probabilities, strict=True):
        np.testing.assert_allclose(model.ask([text]).probabilities, [row], rtol=1e-4, atol=1e-6)


def test_cutting_is_that_of_the_training_data(model: TextModel) -> None:
    raw = model.ask(["This isn't FUNNY, but it's clever!"])
    cut = model.ask(["this is n't funny , but it 's clever !"])
    np.testing.assert_array_equal(raw.probabilities, cut.probabilities)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "input 'text': text 1 is empty"),
        (" \n", "input 'text': text 1 is empty"),
        ("a" * 100_000, "input 'text': text 1 has 100000 characters; the most is 5000"),
        (b"caf\xe9", "input 'text': text 1 is not UTF-8: byte 3 is wrong"),
    ],
)
def test_texts_that_cannot_be_answered_are_told_so(model: TextModel, text: str | bytes, message: str) -> None:
    answer = model.ask(["fine", text])
    assert (answer.status, answer.error) == (400, message)


def test_the_longest_text_and_no_text_are_answered(model: TextModel) -> None:
    assert model.ask(["ab " * 1666]).status == 200
    none = model.ask([])
    assert (none.status, none.labels, none.probabilities.shape) == (200, [], (0, 2))


def test_many_short_texts_are_answered_in_batches(model: TextModel) -> None:
    texts = ["fine", "not so dull"] * 4500  # more rows than one run takes
    answer = model.ask(texts)
    assert answer.probabilities.shape == (9_000, 2)
    np.testing.assert_allclose(answer.probabilities[:2], answer.probabilities[-2:], rtol=1e-5)


@pytest.mark.skipif(not SST2, reason="PILOTLIGHT_TEST_SST2 names no folder of train.tsv and test.tsv")
def test_the_stanford_sentences(tmp_path: Path) -> None:
    shutil.copytree(FUNCTIONS / "sentiment", tmp_path / "functions" / "sentiment")
    store = Store(FolderBlobs(tmp_path / "store"))
    result = train_model(Project(tmp_path, ""), "sentiment", store=store, options={"data": SST2, "epochs": 3})
    assert result.metrics["accuracy"] >= 0.80
    assert result.parity.onnx_metric == result.parity.source_metric
