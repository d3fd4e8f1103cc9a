"""From the files of a model that writes text to a candidate: graphs, tokenizer and settings, and the gate's report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from pilotlight.core.artifacts import Candidate
from pilotlight.core.block_config import BLOCKS, DEFAULT_LIMITS, FLOAT_BITS, BlockConfig, LanguageLimits
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import ConversionError
from pilotlight.core.generation_config import GenerationConfig
from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.progress import Progress
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight.language.candidate import LANGUAGE_NAME, TEXT, TOKENIZER_NAME, LanguageCandidate
from pilotlight.language.chat_format import compile_chat_template
from pilotlight.language.decoder import Decoder
from pilotlight.language.decoder_gate import GateTexts, verify_decoder
from pilotlight.language.decoder_runner import DecoderRunner
from pilotlight.language.decoders import find_decoder
from pilotlight.language.generation_section import Generation, find_generation
from pilotlight.language.greedy_prompts import make_prompts
from pilotlight.language.sampler_graph import write_sampler
from pilotlight.language.sources import LanguageSource
from pilotlight.language.tasks import GENERATE
from pilotlight.language.tokenizer_json import compile_tokenizer
from pilotlight.language.tokenizer_source import TokenizerSource, read_tokenizer
from pilotlight_runtime.manifest import MODEL_NAME, Loading
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.text.tokenizer import Tokenizer, open_tokenizer

DECODER: Final = "decoder"
SAMPLER: Final = "sampler"
_REASON: Final = (
    "the graph is written as ONNX Runtime would optimize it, and its weights lie in a file that ONNX Runtime maps"
)
_LOADING: Final = Loading(MODEL_NAME, "", _REASON, {})


@dataclass(frozen=True)
class DecoderRequest:
    """How a decoder is imported.

    Attributes:
        config: The content of model.toml.
        text: A file of held-out text for the gate; None for the texts that Pilotlight brings.
        threads: The threads with which the gate computes.
    """

    config: ModelConfig
    text: Path | None = None
    threads: int = 1

    @property
    def blocks(self) -> BlockConfig:
        """The settings of quantization; 8-bit blocks where model.toml has none."""
        given = self.config.quantization
        if given.blocks is not None:
            return given.blocks
        bits = FLOAT_BITS if self.config.quantizes and given.mode == NONE else 8
        return BlockConfig(bits, DEFAULT_LIMITS[bits])


@dataclass(frozen=True)
class _Parts:
    """What the gate needs of the parts of a candidate."""

    decoder: Decoder
    tokenizer: Tokenizer
    source: TokenizerSource
    generation: Generation
    chat: dict[str, Any]


def build_decoder_candidate(
    source: LanguageSource, request: DecoderRequest, folder: Path, open_session: OpenSession, progress: Progress
) -> LanguageCandidate:
    """Make and verify a candidate of a model that writes text.

    Args:
        source: Where the model is.
        request: How it is imported.
        folder: An empty folder for the files of the version.
        open_session: Opens a graph.
        progress: Where layers and texts that are done are reported.

    Returns:
        The candidate and the report of the gate, which may reject it.

    Raises:
        ConversionError: The model's files are damaged, or of a kind that Pilotlight cannot import.
        DataError: The file of held-out text cannot be read.
        ProjectError: model.toml does not fit the model, or an optional package is missing.
    """
    decoder = find_decoder(source, request.blocks)
    tokens = read_tokenizer(source)
    tokenizer = _write_tokenizer(tokens, decoder, folder)
    chat = compile_chat_template(tokens.template, tokens.bos, tokens.eos, tokens.specials) if tokens.template else {}
    given = request.config.generation or GenerationConfig()
    generation = find_generation(source, given, decoder.positions, tokenizer, chat.get("stop", ()))
    decoder.write(folder / DECODER, generation.context, partial(_report, progress, "layers"))
    write_sampler(folder / SAMPLER, decoder.vocabulary)
    document = _describe(request.config.name, decoder, generation, chat)
    (folder / LANGUAGE_NAME).write_text(json.dumps(document, ensure_ascii=False), "utf-8")

    candidate = _describe_candidate(folder, open_session)
    parts = _Parts(decoder, tokenizer, tokens, generation, chat)
    report = _verify(parts, request, folder, open_session, progress)
    return LanguageCandidate(
        candidate,
        report,
        {"language": {**decoder.facts, "context": generation.context, "chat": bool(chat)}},
        _describe_quantization(parts, folder, report),
        _describe_found(parts),
    )


def _write_tokenizer(tokens: TokenizerSource, decoder: Decoder, folder: Path) -> Tokenizer:
    """Compile and open the tokenizer, whose ids must all have a vector."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TOKENIZER_NAME
    path.write_bytes(compile_tokenizer(tokens.document))
    tokenizer = open_tokenizer(path)
    if tokenizer.size > decoder.vocabulary:
        what = f"has a tokenizer of {tokenizer.size:,} tokens, which does not fit its embeddings of"
        hint = "Take the tokenizer that belongs to the model."
        raise ConversionError(decoder.where, f"{what} {decoder.vocabulary:,}", hint)
    return tokenizer


def _describe(name: str, decoder: Decoder, generation: Generation, chat: dict[str, Any]) -> dict[str, Any]:
    """Return the content of language.json."""
    section = {
        "name": name,
        "context": generation.context,
        "vocabulary": decoder.vocabulary,
        "cache": decoder.cache,
        "stop": list(generation.stop),
        "begin": list(generation.begin),
        "defaults": generation.defaults,
    }
    return {"task": GENERATE, "generation": section, **({"chat": chat} if chat else {})}


def _describe_candidate(folder: Path, open_session: OpenSession) -> Candidate:
    parts = {}
    for name, loading in ((DECODER, _LOADING), (SAMPLER, None)):
        signature = open_session(folder / name / MODEL_NAME, 1).signature
        parts[name] = Candidate(folder / name, signature, loading)
    return Candidate(folder, Signature((TEXT,), (TEXT,)), None, parts, (LANGUAGE_NAME, TOKENIZER_NAME))


def _verify(
    parts: _Parts, request: DecoderRequest, folder: Path, open_session: OpenSession, progress: Progress
) -> ParityReport:
    """Run the gate. The graph in float is written to a temporary folder where the served one is another."""
    generation = parts.generation
    texts = GateTexts(
        document=parts.source.document,
        tokenizer=parts.tokenizer,
        text=request.text,
        begin=generation.begin,
        stop=generation.stop,
        context=generation.context,
        prompts=make_prompts(parts.chat, parts.tokenizer, generation.begin),
    )
    served = open_session(folder / DECODER / MODEL_NAME, request.threads)
    after = DecoderRunner(served, parts.decoder.cache)
    with temporary_folder() as aside:
        before = parts.decoder.open_float(aside / DECODER, generation.context, request.threads)
        return verify_decoder(before, after, texts, _find_limits(parts, request), partial(_report, progress, "texts"))


def _find_limits(parts: _Parts, request: DecoderRequest) -> LanguageLimits:
    """Return what the gate allows. Weights that stay as they are are held to the limits of floats."""
    blocks, bits = request.blocks, parts.decoder.bits
    return blocks.limits if bits == blocks.bits else DEFAULT_LIMITS[bits]


def _report(progress: Progress, what: str, done: int, total: int) -> None:
    progress.step(done, total, {what: float(done)})


def _describe_quantization(parts: _Parts, folder: Path, report: ParityReport) -> QuantizationReport | None:
    bits = parts.decoder.bits
    if bits == FLOAT_BITS:
        return None
    after = sum(path.stat().st_size for path in (folder / DECODER).iterdir())
    return QuantizationReport(
        mode=f"{BLOCKS} of {bits} bits",
        bytes_before=parts.decoder.source_bytes,
        bytes_after=after,
        samples=report.samples,
        largest_difference=report.largest_difference,
        metric=report.metric,
        metric_before=report.source_metric,
        metric_after=report.onnx_metric,
    )


def _describe_found(parts: _Parts) -> dict[str, dict[str, object]]:
    """Return the settings for a new model.toml."""
    bits, generation = parts.decoder.bits, parts.generation
    quantization: dict[str, object] = {"mode": NONE} if bits == FLOAT_BITS else {"mode": BLOCKS, "bits": bits}
    stop = {"stop": parts.source.texts_of(generation.stop)} if generation.stop else {}
    settings: dict[str, object] = {"context": generation.context, **stop, **generation.defaults}
    return {"generation": settings, "quantization": quantization}
