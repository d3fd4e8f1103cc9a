"""Graphs of decoders against an implementation in numpy, for each architecture and each format of weights."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.language.numpy_decoder import TinyConfig, compute_logits
from support.language.tiny_models import make_weights, write_folder, write_gguf

from pilotlight.language.decoders.graph import write_decoder
from pilotlight.language.decoders.runner import DecoderRunner
from pilotlight.language.decoders.signature import SHARED
from pilotlight.language.decoders.source import open_decoder
from pilotlight.language.sources import find_source
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

IDS = [5, 300, 17, 42, 42, 199, 8, 250, 3, 77, 260, 31]
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
CONFIGS = {
    "llama": TinyConfig(),
    "llama, tied": TinyConfig(tie_word_embeddings=True),
    "llama, scaled as Llama 3": TinyConfig(rope_scaling=LLAMA3),
    "llama, scaled linearly": TinyConfig(rope_scaling={"rope_type": "linear", "factor": 4.0}),
    "llama, as many keys as queries": TinyConfig(num_key_value_heads=4),
    "mistral with a window": TinyConfig("mistral", sliding_window=5),
    "qwen2": TinyConfig("qwen2"),
    "qwen3": TinyConfig("qwen3", head_dim=32, tie_word_embeddings=True),
}


def open_runner(source: Path, folder: Path, bits: int = 32) -> DecoderRunner:
    config, weights = open_decoder(find_source(source))
    write_decoder(config, weights, folder, bits=bits, context=64, step=lambda *_: None)
    return DecoderRunner(open_session(folder / MODEL_NAME, 1), SHARED)


@pytest.fixture(params=["gguf", "safetensors", "sharded"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[TinyConfig], Path]:
    def write_source(config: TinyConfig) -> Path:
        weights = make_weights(config)
        if request.param == "gguf":
            return write_gguf(tmp_path / "tiny.gguf", config, weights)
        return write_folder(tmp_path / "tiny", config, weights, shards=3 if request.param == "sharded" else 1)

    return write_source


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_float_graph_equals_numpy(write: Callable[[TinyConfig], Path], config: TinyConfig, tmp_path: Path) -> None:
    runner = open_runner(write(config), tmp_path / "graph")
    wanted = compute_logits(config, make_weights(config), IDS)
    np.testing.assert_allclose(runner.compute_logits(IDS), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("model_type", ["llama", "qwen3"])
def test_cache_continues_as_the_whole_text(tmp_path: Path, model_type: str) -> None:
    config = TinyConfig(model_type)
    runner = open_runner(write_folder(tmp_path / "tiny", config, make_weights(config)), tmp_path / "graph")
    found = runner.continue_greedily(IDS, 8, frozenset())
    text = list(IDS)
    for _ in range(8):
        text.append(int(compute_logits(config, make_weights(config), text)[-1].argmax()))
    assert found == text[len(IDS) :]


def test_rows_choose_the_last_positions(tmp_path: Path) -> None:
    config = TinyConfig()
    runner = open_runner(write_folder(tmp_path / "tiny", config, make_weights(config)), tmp_path / "graph")
    whole = runner.compute_logits(IDS)
    for rows, count in ((1, 1), (3, 3), (0, len(IDS)), (99, len(IDS))):
        logits, _ = runner._run(IDS, 0, rows, runner._begin(len(IDS)))
        np.testing.assert_allclose(logits, whole[-count:], atol=1e-6)


@pytest.mark.parametrize(("bits", "most"), [(8, 0.08), (4, 0.8)])
@pytest.mark.parametrize("config", [CONFIGS["llama, tied"], CONFIGS["qwen2"]], ids=["tied", "biased"])
def test_blocks_stay_close(tmp_path: Path, config: TinyConfig, bits: int, most: float) -> None:
    source = write_folder(tmp_path / "tiny", config, make_weights(config))
    found = open_runner(source, tmp_path / "graph", bits).compute_logits(IDS)
    wanted = compute_logits(config, make_weights(config), IDS)
    share = np.abs(found - wanted).mean() / np.abs(wanted).mean()
    assert 0.001 < share < most


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q8_0", "Q5_1", "Q4_0"])
def test_gguf_types_are_dequantized(tmp_path: Path, kind: str) -> None:
    """The graph in float computes with the values that the file holds, whatever their type."""
    import gguf

    config = TinyConfig()
    weights = make_weights(config)
    number = gguf.GGMLQuantizationType[kind]
    rounded = {
        name: gguf.quants.dequantize(gguf.quants.quantize(array, number), number) if array.ndim == 2 else array
        for name, array in weights.items()
    }
    runner = open_runner(write_gguf(tmp_path / "tiny.gguf", config, weights, kind), tmp_path / "graph")
    wanted = compute_logits(config, rounded, IDS)
    np.testing.assert_allclose(runner.compute_logits(IDS), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("kind", "bits"), [("Q8_0", 8), ("Q4_0", 4)])
def test_blocks_of_gguf_are_kept_exactly(tmp_path: Path, kind: str, bits: int) -> None:
    config = replace(TinyConfig(), tie_word_embeddings=True)
    _, weights = open_decoder(find_source(write_gguf(tmp_path / "tiny.gguf", config, make_weights(config), kind)))
    tensors = weights.tensors
    name = weights.name("gate", 1)
    rows, columns = tensors.shape(name)
    blocks = tensors.read_blocks(name, bits, 0, rows)
    assert blocks is not None
    assert blocks.zeros is None
    values = blocks.values
    if bits == 4:
        values = np.stack([values & 15, values >> 4], axis=-1)
    centred = values.reshape(rows, columns // 32, 32).astype(np.float32) - 2 ** (bits - 1)
    np.testing.assert_array_equal((centred * blocks.scales[..., None]).reshape(rows, columns), tensors.read(name))


def test_shared_table_is_written_once(tmp_path: Path) -> None:
    config = TinyConfig(tie_word_embeddings=True)
    separate = open_sizes(tmp_path / "separate", TinyConfig())
    tied = open_sizes(tmp_path / "tied", config)
    assert separate - tied >= config.vocab_size * config.hidden_size


def open_sizes(folder: Path, config: TinyConfig) -> int:
    open_runner(write_folder(folder / "tiny", config, make_weights(config)), folder / "graph", 8)
    return (folder / "graph" / "weights.bin").stat().st_size
