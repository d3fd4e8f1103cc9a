"""From the folder of an encoder to a candidate that the gate accepts, or to a reason why not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.encoder_import import Notes, import_folder, load_candidate, load_tiny
from support.tiny_encoder import (
    HIDDEN,
    POSITIONS,
    WORDS,
    add_sentence_modules,
    make_tensors,
    make_tokenizer,
    write_encoder,
    write_safetensors,
)

from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.embedding_config import EmbeddingConfig
from pilotlight.core.errors import ConversionError, ProjectError
from pilotlight.core.model_config import ModelConfig, QuantizationConfig
from pilotlight.language.encoders.comparison import find_tolerance
from pilotlight.language.encoders.gate import EncoderGate
from pilotlight.language.encoders.tokens import EncoderTokens
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.encoders.embedder import TextEmbedder
from pilotlight_runtime.language.encoders.encoder import Encoder
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.text.tokenization.framing import Framed

CONFIG = ModelConfig("tiny", "onnx")
FAMILIES = ("bert", "roberta", "xlm-roberta", "distilbert", "mpnet")


def settings_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "language.json").read_text())
    return document


@pytest.mark.parametrize("architecture", FAMILIES)
def test_each_family_passes_the_gate_for_each_task(tmp_path: Path, architecture: str) -> None:
    for task, labels in (("embed", ()), ("classify", ("bad", "good")), ("tag", ("O", "B-X", "I-X")), ("rerank", ())):
        folder = write_encoder(tmp_path / task, architecture, task, labels)
        made = import_folder(folder, tmp_path / f"{task}-version")
        assert made.report.failures == ()
        assert made.report.samples > 8
        assert made.report.largest_difference is not None
        assert made.report.largest_difference < 1e-5
        assert made.report.onnx_metric == pytest.approx(1, abs=1e-5)
        assert made.facts["language"]["task"] == task


def test_what_is_assumed_of_a_plain_model_is_noted(tmp_path: Path) -> None:
    notes = Notes()
    made = import_folder(write_encoder(tmp_path / "model"), tmp_path / "version", notes=notes)
    assert any("the mean of their tokens' vectors is taken" in note for note in notes.notes)
    assert "they are normalised" in made.report.note
    found = settings_of(tmp_path / "version")["embedding"]
    assert (found["pooling"], found["normalize"], found["longest"]) == ("mean", True, POSITIONS)
    assert found["dimensions"] == HIDDEN


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token", "max_tokens", "lasttoken"])
def test_the_modules_of_sentence_transformers_are_followed(tmp_path: Path, pooling: str) -> None:
    folder = write_encoder(tmp_path / "model")
    add_sentence_modules(folder, pooling, normalize=False, longest=12)
    prompts = {"query": "one : ", "passage": "two : "}
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    notes = Notes()
    made = import_folder(folder, tmp_path / "version", notes=notes)
    assert made.report.failures == ()
    assert notes.notes == []
    found = settings_of(tmp_path / "version")["embedding"]
    assert (found["longest"], found["normalize"]) == (12, False)
    assert found["prefixes"] == {"query": "one : ", "document": "two : "}
    assert made.found["embedding"]["query_prefix"] == "one : "


def test_a_dense_layer_of_sentence_transformers_is_computed(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    add_sentence_modules(folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules.insert(2, {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    dense = folder / "2_Dense"
    dense.mkdir()
    activation = "torch.nn.modules.activation.Tanh"
    sizes = {"in_features": HIDDEN, "out_features": 8, "bias": True, "activation_function": activation}
    (dense / "config.json").write_text(json.dumps(sizes))
    weight = np.sin(np.arange(8 * HIDDEN, dtype=np.float32)).reshape(8, HIDDEN)
    bias = np.linspace(-1, 1, 8, dtype=np.float32)
    write_safetensors(dense / "model.safetensors", {"linear.weight": weight, "linear.bias": bias})

    plain = write_encoder(tmp_path / "plain")
    add_sentence_modules(plain, normalize=False)
    text = "the cat sat on the mat"
    pooled = TextEmbedder(load_tiny(plain, tmp_path / "plain-version")).embed([text])
    expected = np.tanh(weight @ np.frombuffer(pooled.vectors[0], np.float32) + bias)
    found = TextEmbedder(load_tiny(folder, tmp_path / "version")).embed([text])
    assert found.dimensions == 8
    np.testing.assert_allclose(
        np.frombuffer(found.vectors[0], np.float32), expected / np.linalg.norm(expected), atol=1e-6
    )


def test_model_toml_goes_before_the_folder(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    add_sentence_modules(folder)
    own = EmbeddingConfig("cls", normalize=False, longest=8, dimensions=(8, 16), query_prefix="q", batch=3)
    made = import_folder(folder, tmp_path / "version", replace(CONFIG, embedding=own))
    assert made.report.failures == ()
    found = settings_of(tmp_path / "version")["embedding"]
    assert (found["pooling"], found["normalize"], found["longest"], found["batch"]) == ("cls", False, 8, 3)
    assert found["shorter"] == [8, 16]
    assert found["prefixes"] == {"query": "q", "document": ""}


def test_model_toml_cannot_ask_for_more_than_the_model_has(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    config = replace(CONFIG, embedding=EmbeddingConfig(longest=POSITIONS + 1))
    with pytest.raises(ProjectError, match=r"positions for 40 tokens"):
        import_folder(folder, tmp_path / "version", config)
    tagger = write_encoder(tmp_path / "tagger", task="tag", labels=("O", "X"))
    with pytest.raises(ProjectError, match=r"has \[embedding\], but"):
        import_folder(tagger, tmp_path / "other", replace(CONFIG, embedding=EmbeddingConfig()))


@pytest.mark.parametrize("bits", [8, 4])
def test_blocks_are_smaller_and_judged(tmp_path: Path, bits: int) -> None:
    blocks = QuantizationConfig("blocks", blocks=BlockConfig(bits, DEFAULT_LIMITS[bits]))
    folder = write_encoder(tmp_path / "model")
    made = import_folder(folder, tmp_path / "version", replace(CONFIG, quantization=blocks))
    assert made.report.failures == ()
    assert made.report.onnx_metric is not None
    assert made.report.onnx_metric < 1
    assert made.quantization is not None
    assert made.quantization.mode == f"blocks of {bits} bits"
    assert made.quantization.bytes_after < 0.7 * made.quantization.bytes_before
    assert len(TextEmbedder(load_candidate(made.candidate)).embed(["a cat"]).vectors[0]) == 4 * HIDDEN


def test_a_graph_of_other_weights_is_rejected(tmp_path: Path) -> None:
    """The gate compares with the weights of the source: a graph that lost the last digits of one matrix fails."""
    folder = write_encoder(tmp_path / "model")
    other = write_encoder(tmp_path / "other")
    tensors = make_tensors("bert", "embed")
    tensors["encoder.layer.1.output.dense.weight"] *= 1.05
    write_safetensors(other / "model.safetensors", tensors)
    made, wrong = (import_folder(each, tmp_path / f"{each.name}-version") for each in (folder, other))
    graph = made.candidate.parts["encoder"].folder / MODEL_NAME
    graph.write_bytes((wrong.candidate.parts["encoder"].folder / MODEL_NAME).read_bytes())
    encoder = Encoder(load_candidate(import_folder(folder, tmp_path / "again").candidate))
    texts = ["the cat sat on the mat", "a dog ran", "anna lives in paris", "one two three", "red hill"]

    def reference(ids: Sequence[int], types: Sequence[int]) -> NDArray[Any]:
        return np.frombuffer(encoder.run([Framed(list(ids), list(types))])[0], np.float32)

    gate = EncoderGate(texts, reference, EncoderTokens(make_tokenizer()).frame, find_tolerance(CONFIG))
    report = gate.judge(made.candidate, open_session)
    assert any(failure.startswith("cosine: ") for failure in report.failures)


def test_other_tokens_than_the_reference_are_rejected(tmp_path: Path) -> None:
    made = import_folder(write_encoder(tmp_path / "model"), tmp_path / "version")
    changed = make_tokenizer()
    changed["model"]["vocab"] |= {"cat": WORDS.index("dog"), "dog": WORDS.index("cat")}
    texts = ["a hill", "the cat sat"]
    encoder = Encoder(load_candidate(made.candidate))

    def reference(ids: Sequence[int], types: Sequence[int]) -> NDArray[Any]:
        return np.frombuffer(encoder.run([Framed(list(ids), list(types))])[0], np.float32)

    gate = EncoderGate(texts, reference, EncoderTokens(changed).frame, find_tolerance(CONFIG))
    (failure,) = gate.judge(made.candidate, open_session).failures
    assert failure == "tokens: text 1 ('the cat sat') differs from the reference tokenizer at token 2"


def test_a_folder_with_only_a_vocabulary_has_the_same_tokens(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in WORDS))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": 30}))
    assert import_folder(folder, tmp_path / "version").report.failures == ()
    made = TextEmbedder(load_tiny(folder, tmp_path / "again"))
    own = TextEmbedder(load_tiny(write_encoder(tmp_path / "plain"), tmp_path / "plain-version"))
    text = "The CATS, walking: Ünknown"
    assert made.tokenizer.encode(text) == own.tokenizer.encode(text)
    assert settings_of(tmp_path / "again")["embedding"]["longest"] == 30


def test_a_tokenizer_with_more_tokens_than_the_table_is_refused(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    tokenizer = make_tokenizer()
    tokenizer["model"]["vocab"]["extra"] = len(WORDS)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ConversionError, match=r"a tokenizer of 51 tokens, which does not fit its table of 50"):
        import_folder(folder, tmp_path / "version")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConversionError, match=r"has no tokenizer\.json"):
        import_folder(folder, tmp_path / "version")
