"""Decoders that somebody exported to ONNX, rewritten to the inputs and outputs of the runtime's generation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.language.exports import write_genai, write_optimum
from support.language.numpy_decoder import TinyConfig, compute_logits
from support.language.tiny_models import make_weights

from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.errors import ConversionError
from pilotlight.language.decoders.decoder import Decoder
from pilotlight.language.decoders.find_decoder import find_decoder
from pilotlight.language.decoders.runner import DecoderRunner
from pilotlight.language.decoders.signature import GROWN, SHARED
from pilotlight.language.sources import find_source
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

IDS = [5, 300, 17, 42, 42, 199, 8, 250, 3, 77, 260, 31]
CONFIG = TinyConfig(num_key_value_heads=4)
WEIGHTS = make_weights(CONFIG)
LAYOUTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "genai": (lambda folder: write_genai(folder, CONFIG, WEIGHTS), SHARED),
    "optimum": (lambda folder: write_optimum(folder, CONFIG, WEIGHTS), GROWN),
    "optimum, merged": (lambda folder: write_optimum(folder, CONFIG, WEIGHTS, merged=True), GROWN),
}


def open_decoder(folder: Path, bits: int = 32) -> Decoder:
    return find_decoder(find_source(folder), BlockConfig(bits, DEFAULT_LIMITS[bits]))


def open_rewritten(decoder: Decoder, folder: Path) -> DecoderRunner:
    decoder.write(folder, 64, lambda *_: None)
    return DecoderRunner(open_session(folder / MODEL_NAME, 1), decoder.cache)


@pytest.mark.parametrize(("write", "cache"), LAYOUTS.values(), ids=LAYOUTS)
def test_rewritten_graph_computes_what_the_export_does(
    tmp_path: Path, write: Callable[[Path], Path], cache: str
) -> None:
    decoder = open_decoder(write(tmp_path / "export"))
    assert (decoder.cache, decoder.vocabulary, decoder.positions) == (cache, 320, 512)
    runner = open_rewritten(decoder, tmp_path / "graph")
    wanted = compute_logits(CONFIG, WEIGHTS, IDS)
    original = decoder.open_float(tmp_path / "float", 64, 1)
    for found in (original.compute_logits(IDS), runner.compute_logits(IDS), runner.compute_in_parts(IDS, 5)):
        np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)
    stop = frozenset({2})
    assert runner.continue_greedily(IDS, 6, stop) == original.continue_greedily(IDS, 6, stop)


@pytest.mark.parametrize(("write", "cache"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_head_computes_the_wanted_rows_alone(tmp_path: Path, write: Callable[[Path], Path], cache: str) -> None:
    decoder = open_decoder(write(tmp_path / "export"))
    runner = open_rewritten(decoder, tmp_path / "graph")
    assert decoder.cache == cache
    logits, _ = runner._run(IDS, 0, 2, runner._begin(len(IDS)))
    np.testing.assert_allclose(logits, compute_logits(CONFIG, WEIGHTS, IDS)[-2:], atol=1e-4, rtol=1e-4)
    nodes = onnx.load(str(tmp_path / "graph" / MODEL_NAME), load_external_data=False).graph.node
    head = next(node for node in nodes if "lm_head.weight" in node.input)
    assert next(node.op_type for node in nodes if head.input[0] in node.output) == "Slice"


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize(("write", "cache"), LAYOUTS.values(), ids=LAYOUTS)
def test_matrices_of_floats_become_blocks(tmp_path: Path, write: Callable[[Path], Path], cache: str, bits: int) -> None:
    plain = open_decoder(write(tmp_path / "export"))
    decoder = open_decoder(tmp_path / "export", bits)
    assert (decoder.bits, decoder.cache) == (bits, cache)
    runner = open_rewritten(decoder, tmp_path / "graph")
    wanted = compute_logits(CONFIG, WEIGHTS, IDS)
    share = np.abs(runner.compute_logits(IDS) - wanted).mean() / np.abs(wanted).mean()
    assert 0.001 < share < (0.08 if bits == 8 else 0.8)
    open_rewritten(plain, tmp_path / "plain")
    sizes = {name: (tmp_path / name / "weights.bin").stat().st_size for name in ("graph", "plain")}
    assert sizes["graph"] < sizes["plain"]


def test_weights_outside_the_folder_are_refused(tmp_path: Path) -> None:
    folder = write_genai(tmp_path / "export", CONFIG, WEIGHTS)
    model = onnx.load(str(folder / "model.onnx"), load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../secret"
    (tmp_path / "secret").write_bytes(b"0" * 1_000_000)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ConversionError, match="outside its own folder"):
        open_decoder(folder).write(tmp_path / "graph", 64, lambda *_: None)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    folder = write_genai(tmp_path / "export", CONFIG, WEIGHTS)
    data = folder / "model.onnx.data"
    data.write_bytes(data.read_bytes()[:-100])
    with pytest.raises(ConversionError, match=r"ends behind its file model\.onnx\.data"):
        open_decoder(folder).write(tmp_path / "graph", 64, lambda *_: None)
    data.unlink()
    with pytest.raises(ConversionError, match=r"model\.onnx\.data, which is not there"):
        open_decoder(folder).write(tmp_path / "graph", 64, lambda *_: None)


def test_graph_without_a_cache_is_refused(tmp_path: Path) -> None:
    folder = write_genai(tmp_path / "export", CONFIG, WEIGHTS)
    model = onnx.load(str(folder / "model.onnx"), load_external_data=False)
    kept = [value for value in model.graph.output if value.name == "logits"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ConversionError, match="no cache of keys and values"):
        open_decoder(folder)


def test_half_precision_caches_are_refused(tmp_path: Path) -> None:
    folder = write_genai(tmp_path / "export", CONFIG, WEIGHTS)
    model = onnx.load(str(folder / "model.onnx"), load_external_data=False)
    for value in model.graph.input:
        if value.name.startswith("past"):
            value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ConversionError, match="of type FLOAT16"):
        open_decoder(folder)


@pytest.mark.parametrize("content", [b"", b"no graph at all", b"\x08\x07" * 40])
def test_damaged_graph_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_genai(tmp_path / "export", CONFIG, WEIGHTS)
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(ConversionError, match=r"model\.onnx"):
        open_decoder(folder)
