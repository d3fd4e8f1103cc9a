"""What a function computes with an encoder: vectors, classes, scores and entities, in any batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.encoder_import import load_tiny
from support.tiny_encoder import HIDDEN, WORDS, write_encoder

from pilotlight.core.embedding_config import EmbeddingConfig
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.language.encoders.classifier import LanguageClassifier
from pilotlight_runtime.language.encoders.embedder import TextEmbedder
from pilotlight_runtime.language.encoders.reranker import EmbeddingReranker, Reranker
from pilotlight_runtime.language.encoders.tagger import Tagger
from pilotlight_runtime.types import LoadedModel

CONFIG = ModelConfig("tiny", "onnx")
LONG = "the old red cat and the new blue dog sat on the hill"
TEXTS = ["a cat", LONG, "", "the dog ran", "one two three", "paris", LONG, "anna works in berlin", "?", "a dog", LONG]


@pytest.fixture
def embeddings(tmp_path: Path) -> LoadedModel:
    own = EmbeddingConfig(longest=24, dimensions=(8, 16), query_prefix="one ", batch=16)
    return load_tiny(write_encoder(tmp_path / "model"), tmp_path / "version", replace(CONFIG, embedding=own))


def numbers(vector: bytes) -> np.ndarray:
    return np.frombuffer(vector, "<f4")


def test_a_vector_is_the_same_alone_and_in_any_batch(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    together = embedder.embed(TEXTS)
    assert together.dimensions == HIDDEN
    assert together.tokens == [len(embedder.tokenizer.encode(text)) + 2 for text in TEXTS]
    for text, vector in zip(TEXTS, together.vectors, strict=True):
        alone = embedder.embed([text]).vectors[0]
        np.testing.assert_allclose(numbers(vector), numbers(alone), atol=2e-6)
        assert np.linalg.norm(numbers(vector)) == pytest.approx(1, abs=1e-6)
    assert together.vectors[1] == together.vectors[6]


def test_no_text_and_an_empty_text_are_answered(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    assert embedder.embed([]) == ([], HIDDEN, [])
    assert embedder.embed([""]).tokens == [2]


def test_a_query_gets_its_prefix(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    query, plain = embedder.embed(["cat"], "query"), embedder.embed(["one cat"])
    assert query == plain
    assert query != embedder.embed(["cat"])


def test_a_long_text_is_cut_off_or_refused(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    long = " ".join(["cat"] * 40)
    cut = embedder.embed(["a", long])
    assert cut.tokens == [3, 24]
    assert cut.vectors[1] == embedder.embed([" ".join(["cat"] * 22)]).vectors[0]
    with pytest.raises(InvalidRequest, match=r"text 1 has 42 tokens; the most is 24"):
        embedder.embed(["a", long], truncate=False)
    assert embedder.embed(["a"], truncate=False).tokens == [3]


def test_too_many_texts_are_refused(embeddings: LoadedModel) -> None:
    with pytest.raises(InvalidRequest, match=r"has 17 texts; the most is 16"):
        TextEmbedder(embeddings).embed(["a"] * 17)


def test_vectors_are_cut_only_as_the_model_allows(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    whole, cut = embedder.embed(["a cat"]), embedder.embed(["a cat"], dimensions=8)
    expected = numbers(whole.vectors[0])[:8]
    assert cut.dimensions == 8
    np.testing.assert_allclose(numbers(cut.vectors[0]), expected / np.linalg.norm(expected), atol=1e-6)
    assert embedder.embed(["a cat"], dimensions=HIDDEN) == whole
    with pytest.raises(InvalidRequest, match=r"vectors of 12 dimensions were asked for; the model has 8, 16, 32"):
        embedder.embed(["a cat"], dimensions=12)


def test_a_classifier_gives_each_text_its_probabilities(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model", "distilbert", "classify", ("bad", "fair", "good"))
    classifier = LanguageClassifier(load_tiny(folder, tmp_path / "version"))
    found = classifier.classify(TEXTS)
    assert classifier.labels == ("bad", "fair", "good")
    for text, label, row in zip(TEXTS, found.labels, found.probabilities, strict=True):
        alone = classifier.classify([text])
        assert alone.labels == [label]
        assert sum(row) == pytest.approx(1, abs=1e-6)
        assert row == pytest.approx(alone.probabilities[0], abs=1e-6)
        assert label == classifier.labels[row.index(max(row))]


def test_a_cross_encoder_scores_each_document_with_the_query(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model", "bert", "rerank")
    reranker = Reranker(load_tiny(folder, tmp_path / "version"))
    found = reranker.rank("a cat", TEXTS)
    assert len(set(found.scores)) > 6
    assert all(0 < score < 1 for score in found.scores)
    for text, score, tokens in zip(TEXTS, found.scores, found.tokens, strict=True):
        assert reranker.rank("a cat", [text]).scores == pytest.approx([score], abs=1e-6)
        assert tokens == 2 + len(reranker.tokenizer.encode(text)) + 3
    assert reranker.rank("the dog", TEXTS).scores != found.scores
    with pytest.raises(InvalidRequest, match="tokens; the most is 40"):
        reranker.rank("cat " * 30, ["dog " * 30], truncate=False)
    assert reranker.rank("cat " * 30, ["dog " * 30]).tokens == [40]


def test_vectors_rank_where_there_is_no_cross_encoder(embeddings: LoadedModel) -> None:
    embedder = TextEmbedder(embeddings)
    found = EmbeddingReranker(embedder).rank("cat", ["one cat", "paris is far", ""])
    aim = numbers(embedder.embed(["cat"], "query").vectors[0])
    vectors = embedder.embed(["one cat", "paris is far", ""]).vectors
    assert found.scores == pytest.approx([(1 + float(aim @ numbers(vector))) / 2 for vector in vectors], abs=1e-6)
    assert found.scores[0] == pytest.approx(1)
    assert found.tokens == [4 + 4, 5, 2]
    assert EmbeddingReranker(embedder).rank("cat", []) == ([], [])


LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


class _Scores:
    """A session whose answer follows from the ids: the label of each word is given by a table."""

    def __init__(self, model: LoadedModel, labels: dict[str, str]) -> None:
        self.signature = model.sessions["encoder"].signature
        self._labels = {WORDS.index(word): LABELS.index(label) for word, label in labels.items()}

    def run(self, inputs: dict[str, object], outputs: object) -> list[object]:
        from pilotlight_runtime.datatypes import FP32
        from pilotlight_runtime.tensor import Tensor

        del outputs
        ids = inputs["ids"]
        assert isinstance(ids, Tensor)
        scores = np.full((*ids.shape, len(LABELS)), 0.05, np.float32)
        for place, token in np.ndenumerate(ids.numpy()):
            scores[place][self._labels.get(int(token), 0)] = 0.8 if int(token) % 2 else 0.6
        return [Tensor.from_numpy(scores, FP32)]


@pytest.fixture
def tagged(tmp_path: Path) -> LoadedModel:
    return load_tiny(write_encoder(tmp_path / "model", "bert", "tag", LABELS), tmp_path / "version")


def _tag(model: LoadedModel, labels: dict[str, str], text: str) -> list[tuple[str, str]]:
    tagger = Tagger(model._replace(sessions={"encoder": _Scores(model, labels)}))  # type: ignore[dict-item]
    (found,) = tagger.tag([text]).entities
    for entity in found:
        assert text[entity.start : entity.end] == entity.text
        assert 0.55 < entity.score < 0.85
    return [(entity.label, entity.text) for entity in found]


def test_pieces_of_an_entity_are_joined(tagged: LoadedModel) -> None:
    labels = {"anna": "B-PER", "##s": "I-PER", "old": "I-PER", "paris": "B-LOC", "berlin": "B-LOC"}
    assert _tag(tagged, labels, "Annas old cat ran to Paris, Berlin.") == [
        ("PER", "Annas old"),
        ("LOC", "Paris"),
        ("LOC", "Berlin"),
    ]


def test_an_entity_ends_where_another_begins(tagged: LoadedModel) -> None:
    labels = {"anna": "B-PER", "paris": "B-PER", "old": "I-LOC", "new": "I-LOC", "red": "O"}
    assert _tag(tagged, labels, "anna paris old red new new") == [
        ("PER", "anna"),
        ("PER", "paris"),
        ("LOC", "old"),
        ("LOC", "new new"),
    ]


def test_a_piece_that_is_labelled_as_a_beginning_goes_on_with_its_word(tagged: LoadedModel) -> None:
    assert _tag(tagged, {"cat": "B-LOC", "##s": "B-LOC"}, "cats cat") == [("LOC", "cats"), ("LOC", "cat")]


def test_tags_are_the_same_alone_and_in_a_batch(tagged: LoadedModel) -> None:
    tagger = Tagger(tagged)
    texts = ["Anna works in Berlin", "É cats, zebra", LONG, ""]
    together = tagger.tag(texts)
    for text, entities in zip(texts, together.entities, strict=True):
        alone = tagger.tag([text]).entities[0]
        assert [entity[:4] for entity in alone] == [entity[:4] for entity in entities]
        for entity in entities:
            assert text[entity.start : entity.end] == entity.text
            assert entity.text
    assert together.entities[3] == []
    assert any(together.entities)


def test_a_language_json_of_another_task_ends_the_start(embeddings: LoadedModel) -> None:
    path = Path(embeddings.asset("language.json"))
    for content in ('{"task": "generate", "generation": {}}', '{"task": "embed"}', "[]"):
        path.write_text(content)
        with pytest.raises(ManifestError, match="import the model again"):
            TextEmbedder(embeddings)
