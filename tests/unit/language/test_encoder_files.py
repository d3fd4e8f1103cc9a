"""Files of encoders that are damaged, or that do not belong together, each with its own message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tiny_encoder import add_sentence_modules, make_config, make_tensors, write_encoder, write_safetensors

from pilotlight.core.errors import ConversionError
from pilotlight.language.encoders.family import find_family
from pilotlight.language.encoders.head import read_head, read_labels
from pilotlight.language.encoders.sentence_modules import read_sentence_modules
from pilotlight.language.encoders.shape import read_encoder_shape
from pilotlight.language.encoders.weights import EncoderWeights, read_encoder
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.settings import Settings

BERT = find_family("bert", "config.json")


def read(folder: Path, config: dict[str, Any] | None = None) -> EncoderWeights:
    shape = read_encoder_shape(Settings("config.json", config or make_config("bert", "embed")), BERT)
    return read_encoder(SafetensorsTensors(folder, [folder / "model.safetensors"]), shape)


@pytest.mark.parametrize("length", [0, 7, 200, -100])
def test_truncated_weights_are_refused(tmp_path: Path, length: int) -> None:
    write_encoder(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ConversionError, match=r"truncated|no safetensors file"):
        read(tmp_path)


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    tensors = make_tensors("bert", "embed")
    del tensors["encoder.layer.1.output.LayerNorm.bias"]
    write_safetensors(tmp_path / "model.safetensors", tensors)
    with pytest.raises(ConversionError, match=r"has no tensor encoder\.layer\.1\.output\.LayerNorm\.bias"):
        read(tmp_path)


def test_a_tensor_of_another_shape_is_named(tmp_path: Path) -> None:
    tensors = make_tensors("bert", "embed")
    tensors["embeddings.word_embeddings.weight"] = np.zeros((7, 32), np.float32)
    write_safetensors(tmp_path / "model.safetensors", tensors)
    message = r"embeddings.word_embeddings.weight of shape \[7, 32\]; config.json says \[50, 32\]"
    with pytest.raises(ConversionError, match=message):
        read(tmp_path)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    tensors: dict[str, Any] = dict(make_tensors("bert", "embed"))
    name = "encoder.layer.0.attention.self.query.bias"
    tensors[name] = tensors[name].astype(np.int64)
    write_safetensors(tmp_path / "model.safetensors", tensors)
    with pytest.raises(ConversionError, match="of type I64"):
        read(tmp_path)


def test_a_layer_that_the_configuration_leaves_out_is_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path)
    config = make_config("bert", "embed") | {"num_hidden_layers": 1}
    with pytest.raises(ConversionError, match=r"has the tensors encoder.layer.1.…, but config.json has only 1 layers"):
        read(tmp_path, config)


def test_half_precision_and_old_names_are_read(tmp_path: Path) -> None:
    tensors: dict[str, Any] = dict(make_tensors("bert", "embed"))
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for name, value in tensors.items()
    }
    write_safetensors(tmp_path / "model.safetensors", {name: value.astype(np.float16) for name, value in old.items()})
    weights = read(tmp_path)
    np.testing.assert_allclose(weights.words, tensors["embeddings.word_embeddings.weight"], atol=1e-3)
    np.testing.assert_allclose(weights.norm.scale, tensors["embeddings.LayerNorm.weight"], atol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 0}, "hidden_size"),
        ({"hidden_size": "32"}, "hidden_size"),
        ({"num_attention_heads": 5}, "32 values for a token, which 5 heads cannot share"),
        ({"vocab_size": None}, "has no vocab_size"),
        ({"hidden_act": "swish"}, "hidden_act"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"is_decoder": True}, "is_decoder"),
        ({"layer_norm_eps": -1}, "layer_norm_eps"),
    ],
)
def test_a_configuration_that_is_not_supported_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    config = make_config("bert", "embed") | change
    with pytest.raises(ConversionError, match=message):
        read_encoder_shape(Settings("config.json", config), BERT)


def test_a_table_without_room_for_a_position_is_refused() -> None:
    config = make_config("roberta", "embed") | {"max_position_embeddings": 2}
    with pytest.raises(ConversionError, match="has 2 positions, the first of which is 2"):
        read_encoder_shape(Settings("config.json", config), find_family("roberta", ""))


def test_another_architecture_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match="'electra'; from safetensors bert, roberta"):
        find_family("electra", "config.json")


def test_labels_that_do_not_fit_the_weights_are_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path, "bert", "classify", ("a", "b"))
    file = SafetensorsTensors(tmp_path, [tmp_path / "model.safetensors"])
    config = make_config("bert", "classify", ("a", "b", "c"))
    with pytest.raises(ConversionError, match=r"classifier.weight of shape \[2, 32\]; config.json says \[3, 32\]"):
        read_head(file, BERT, "classify", config, "config.json")


@pytest.mark.parametrize("labels", [{"1": "a", "2": "b"}, {}, {"0": "a", "1": 3}, ["a"]])
def test_labels_must_be_texts_that_are_numbered_from_0(labels: object) -> None:
    with pytest.raises(ConversionError, match="id2label"):
        read_labels({"id2label": labels}, "classify", "config.json")


def test_two_labels_are_meant_where_none_are_named() -> None:
    assert read_labels({}, "classify", "") == ("LABEL_0", "LABEL_1")
    assert read_labels({}, "rerank", "") == ("LABEL_0",)


def _no_pooling(folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"type": "x.Transformer", "path": ""}]))


def _unknown_module(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"type": "sentence_transformers.models.LSTM", "path": "3_LSTM"})
    (folder / "modules.json").write_text(json.dumps(modules))


def _outside(folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"type": "x.Pooling", "path": "../other"}]))


def _two_poolings(folder: Path) -> None:
    path = folder / "1_Pooling" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pooling_mode_cls_token": True}))


def _weighted(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_weightedmean_tokens": True}))


def _no_list(folder: Path) -> None:
    (folder / "modules.json").write_text('{"0": "Transformer"}')


def _wrong_length(folder: Path) -> None:
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": -3}')


def _wrong_prompts(folder: Path) -> None:
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": 3}}')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_pooling, "has no Pooling"),
        (_unknown_module, "has the module LSTM at place 3"),
        (_outside, "is no list of modules"),
        (_two_poolings, "has the pooling pooling_mode_cls_token, pooling_mode_mean_tokens"),
        (_weighted, "has the pooling pooling_mode_weightedmean_tokens"),
        (_no_list, "is no list of modules"),
        (_wrong_length, "max_seq_length"),
        (_wrong_prompts, "has prompts"),
    ],
)
def test_modules_that_are_not_supported_are_refused(
    tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    add_sentence_modules(tmp_path)
    change(tmp_path)
    with pytest.raises(ConversionError, match=message):
        read_sentence_modules(tmp_path)


def test_a_prompt_that_is_always_used_is_a_prefix_of_both(tmp_path: Path) -> None:
    add_sentence_modules(tmp_path)
    prompts = {"prompts": {"usual": "text: ", "document": "doc: "}, "default_prompt_name": "usual"}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    assert read_sentence_modules(tmp_path).prefixes == {"query": "text: ", "document": "doc: "}
