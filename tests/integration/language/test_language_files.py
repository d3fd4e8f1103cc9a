"""Files of language models: what is recognised, and what is refused with words that help."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.language.numpy_decoder import TinyConfig
from support.language.tiny_models import make_weights, write_folder, write_gguf

from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.errors import ConversionError, UserError
from pilotlight.language.decoders.find_decoder import find_decoder
from pilotlight.language.decoders.source import open_decoder
from pilotlight.language.files.gguf_header import read_gguf_header
from pilotlight.language.sources import find_source, is_language_source

CONFIG = TinyConfig()
WEIGHTS = make_weights(CONFIG)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "tiny.gguf", CONFIG, WEIGHTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    document = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))


def read_norm(folder: Path) -> None:
    """Open a decoder and read one of its weights."""
    _, weights = open_decoder(find_source(folder))
    weights.read("norm")


def test_gguf_is_recognised_whatever_its_name(file: Path) -> None:
    source = find_source(file.rename(file.with_name("weights")))
    assert (source.format, source.architecture, source.task) == ("gguf", "llama", "generate")
    assert source.describe() == "weights is a GGUF file of architecture llama; task: text generation"
    assert is_language_source(source.path)


@pytest.mark.parametrize(
    ("architecture", "more", "task"),
    [
        ("LlamaForCausalLM", {}, "generate"),
        ("GPT2LMHeadModel", {}, "generate"),
        ("BertModel", {}, "embed"),
        ("BertForSequenceClassification", {"id2label": {"0": "LABEL_0"}}, "rerank"),
        ("BertForSequenceClassification", {"num_labels": 1}, "rerank"),
        ("BertForSequenceClassification", {"id2label": {"0": "no", "1": "yes"}}, "classify"),
        ("BertForSequenceClassification", {}, "classify"),
        ("BertForTokenClassification", {}, "tag"),
    ],
)
def test_task_follows_from_the_architecture(folder: Path, architecture: str, more: dict[str, Any], task: str) -> None:
    change_config(folder, architectures=[architecture], **more)
    assert find_source(folder).task == task


def test_modules_of_sentence_transformers_make_an_embedding_model(folder: Path) -> None:
    (folder / "modules.json").write_text("[]")
    assert find_source(folder).task == "embed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "has no safetensors or ONNX graph"),
        (lambda folder: change_config(folder, model_type=None), "without model_type"),
        (lambda folder: change_config(folder, architectures=["T5ForConditionalGeneration"]), "for which there is no"),
        (lambda folder: change_config(folder, architectures=None), "names no architecture"),
        (lambda folder: (folder / "config.json").write_text("{"), "is not JSON"),
    ],
)
def test_folder_that_is_no_model_is_refused(folder: Path, change: Callable[[Path], object], words: str) -> None:
    change(folder)
    with pytest.raises(UserError, match=words):
        find_source(folder)


def test_refusal_lists_what_is_supported(tmp_path: Path) -> None:
    with pytest.raises(ConversionError) as caught:
        find_source(tmp_path)
    for word in (".gguf", "safetensors", "Optimum", "onnxruntime-genai"):
        assert word in caught.value.hint


@pytest.mark.parametrize("kept", [0, 3, 4, 10, 24, 100, 1000, 5000, 20000])
def test_truncated_header_of_gguf_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ConversionError, match=r"truncated|no GGUF file"):
        open_decoder(find_source(file))


def test_truncated_tensor_of_gguf_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ConversionError, match="is truncated: the tensor"):
        open_decoder(find_source(file))


def test_every_byte_of_a_gguf_header_may_be_wrong(file: Path) -> None:
    """No change of a byte of the header ends in anything but a model or an error with words."""
    content = file.read_bytes()
    draw = np.random.default_rng(3)
    refused = 0
    for place in [*range(40), *draw.integers(40, 12_000, 300)]:
        changed = bytearray(content)
        changed[place] ^= int(draw.integers(1, 256))
        file.write_bytes(changed)
        try:
            open_decoder(find_source(file))
        except UserError:
            refused += 1
    assert refused > 40


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [(4, 1, "GGUF version 1"), (4, 0x03000000, "big-endian"), (8, 1 << 60, "truncated"), (16, 1 << 60, "truncated")],
)
def test_wrong_numbers_of_gguf_are_refused(file: Path, field: int, value: int, words: str) -> None:
    content = bytearray(file.read_bytes())
    struct.pack_into("<I" if field == 4 else "<Q", content, field, value)
    file.write_bytes(content)
    with pytest.raises(ConversionError, match=words):
        find_source(file)


def test_tensor_behind_the_end_is_refused(file: Path) -> None:
    content = bytearray(file.read_bytes())
    place = content.index(b"output_norm.weight") + len(b"output_norm.weight") + 4 + 8 + 4
    struct.pack_into("<Q", content, place, 1 << 40)
    file.write_bytes(content)
    with pytest.raises(ConversionError, match=r"the tensor 'output_norm\.weight' ends at byte"):
        open_decoder(find_source(file))


def test_tensors_that_overlap_are_refused(file: Path) -> None:
    content = bytearray(file.read_bytes())
    place = content.index(b"output.weight") + len(b"output.weight") + 4 + 16 + 4
    struct.pack_into("<Q", content, place, 0)
    file.write_bytes(content)
    with pytest.raises(ConversionError, match="tensors that overlap"):
        open_decoder(find_source(file))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (replace(CONFIG, num_hidden_layers=3), r"has no tensor 'blk\.2\.attn_norm\.weight'"),
        (replace(CONFIG, num_hidden_layers=1), r"does not use: blk\.1\."),
        (replace(CONFIG, intermediate_size=64), r"shape \[96, 64\], but its configuration asks for \[64, 64\]"),
        (replace(CONFIG, model_type="qwen2", num_key_value_heads=3), "do not fit"),
        (replace(CONFIG, model_type="falcon"), "'falcon', for which Pilotlight builds no graph"),
        (replace(CONFIG, model_type="qwen3"), r"has no tensor 'blk\.0\.attn_q_norm\.weight'"),
        (replace(CONFIG, vocab_size=321), "vocabulary of 321 tokens, which does not fit its embeddings of 320"),
    ],
)
def test_gguf_whose_numbers_do_not_fit_is_refused(tmp_path: Path, config: TinyConfig, words: str) -> None:
    path = write_gguf(tmp_path / "odd.gguf", config, WEIGHTS)
    with pytest.raises(ConversionError, match=words):
        open_decoder(find_source(path))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"model_type": "gpt2"}, "'gpt2', for which Pilotlight builds no graph"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "'yarn', which is not supported"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 4.0}}, "has no original_max_position_embeddings"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantization_config"),
        ({"num_attention_heads": 0}, "num_attention_heads: the number 0"),
        ({"num_hidden_layers": "two"}, "num_hidden_layers: the text 'two'"),
        ({"hidden_size": None}, "has no hidden_size"),
        ({"rms_norm_eps": -1.0}, "rms_norm_eps: the number -1.0"),
        ({"vocab_size": 400}, r"shape \[320, 64\], but its configuration asks for \[400, 64\]"),
        ({"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8}, "several kinds of attention"),
    ],
)
def test_config_that_does_not_fit_is_refused(folder: Path, values: dict[str, Any], words: str) -> None:
    change_config(folder, **values)
    with pytest.raises(ConversionError, match=words):
        open_decoder(find_source(folder))


@pytest.mark.parametrize("kept", [0, 7, 8, 50, 5000, -10])
def test_truncated_safetensors_are_refused(folder: Path, kept: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ConversionError, match=r"truncated|its header"):
        open_decoder(find_source(folder))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"dtype": "F32", "shape": [64], "data_offsets": [0, 100]}, "has 256 bytes and not 100"),
        ({"dtype": "F32", "shape": [64], "data_offsets": [-4, 252]}, "is truncated"),
        ({"dtype": "F32", "shape": [-64], "data_offsets": [0, 256]}, "without dtype, shape and data_offsets"),
        ({"dtype": "I8", "shape": [64], "data_offsets": [0, 64]}, "of type I8"),
        ({"dtype": "F32"}, "without dtype, shape and data_offsets"),
        ([], "without dtype, shape and data_offsets"),
    ],
)
def test_wrong_entry_of_safetensors_is_refused(folder: Path, entry: object, words: str) -> None:
    path = folder / "model.safetensors"
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = {**json.loads(raw[8 : 8 + length]), "model.norm.weight": entry}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + length :])
    with pytest.raises(ConversionError, match=words):
        read_norm(folder)


def test_missing_shard_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS, shards=3)
    (folder / "model-1.safetensors").unlink()
    with pytest.raises(ConversionError, match=r"model-1\.safetensors: is missing"):
        find_source(folder)


def test_index_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS, shards=2)
    index = folder / "model.safetensors.index.json"
    index.write_text(index.read_text().replace("model-1", "../model-1"))
    with pytest.raises(ConversionError, match="outside the folder"):
        find_source(folder)


@pytest.mark.parametrize("kind", ["Q4_1", "Q5_0"])
def test_weights_of_few_bits_are_not_rounded_to_four_again(tmp_path: Path, kind: str) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", CONFIG, WEIGHTS, kind)
    with pytest.raises(ConversionError, match=r"bits already .* round a second time"):
        find_decoder(find_source(path), BlockConfig(4, DEFAULT_LIMITS[4]))
    assert find_decoder(find_source(path), BlockConfig(8, DEFAULT_LIMITS[8])).bits == 8


@pytest.mark.parametrize("kind", ["Q4_0", "Q8_0", "F16"])
def test_weights_that_four_bits_hold_are_taken(tmp_path: Path, kind: str) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", CONFIG, WEIGHTS, kind)
    assert find_decoder(find_source(path), BlockConfig(4, DEFAULT_LIMITS[4])).bits == 4


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_positions_that_are_divided_by_no_number_are_refused(tmp_path: Path, value: float) -> None:
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }
    path = write_gguf(tmp_path / "tiny.gguf", replace(CONFIG, rope_scaling=scaling), WEIGHTS)
    content = bytearray(path.read_bytes())
    struct.pack_into("<f", content, read_gguf_header(path).tensors["rope_freqs.weight"].start, value)
    path.write_bytes(content)
    with pytest.raises(ConversionError, match="numbers that are not above 0"):
        open_decoder(find_source(path))
