"""From the files of a model that writes text to a candidate: graphs, tokenizer and settings, and the gate's report."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

from pilotlight.core.artifacts import Candidate
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import ConversionError
from pilotlight.core.generation_config import NO_CHAT, GenerationConfig
from pilotlight.core.progress import Progress
from pilotlight.core.reports import ParityReport
from pilotlight.language.candidate import LANGUAGE_NAME, TEXT, TOKENIZER_NAME, LanguageCandidate
from pilotlight.language.chat_format import compile_chat_template
from pilotlight.language.decoder import Decoder
from pilotlight.language.decoder_description import describe_found, describe_language, describe_quantization
from pilotlight.language.decoder_gate import GateTexts, verify_decoder
from pilotlight.language.decoder_parts import DecoderParts, DecoderRequest
from pilotlight.language.decoder_runner import DecoderRunner
from pilotlight.language.decoders import find_decoder
from pilotlight.language.generation_section import find_generation
from pilotlight.language.greedy_prompts import make_prompts
from pilotlight.language.sampler_graph import write_sampler
from pilotlight.language.sources import LanguageSource
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
    given = request.config.generation or GenerationConfig()
    chat = {} if given.chat == NO_CHAT else _compile_template(tokens)
    generation = find_generation(source, given, decoder.positions, tokenizer, chat.get("stop", ()))
    decoder.write(folder / DECODER, generation.context, partial(_report, progress, "layers"))
    write_sampler(folder / SAMPLER, decoder.vocabulary)
    parts = DecoderParts(decoder, tokenizer, tokens, generation, chat)
    document = describe_language(request.config.name, parts)
    (folder / LANGUAGE_NAME).write_text(json.dumps(document, ensure_ascii=False), "utf-8")

    candidate = _describe_candidate(folder, open_session)
    report = _verify(parts, request, folder, open_session, progress)
    return LanguageCandidate(
        candidate,
        report,
        {"language": {**decoder.facts, "context": generation.context, "chat": bool(chat)}},
        describe_quantization(parts, folder / DECODER, report),
        describe_found(parts),
    )


def _compile_template(tokens: TokenizerSource) -> dict[str, Any]:
    """The chat format; {} where the model has no template."""
    return compile_chat_template(tokens.template, tokens.bos, tokens.eos, tokens.specials) if tokens.template else {}


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


def _describe_candidate(folder: Path, open_session: OpenSession) -> Candidate:
    parts = {}
    for name, loading in ((DECODER, _LOADING), (SAMPLER, None)):
        signature = open_session(folder / name / MODEL_NAME, 1).signature
        parts[name] = Candidate(folder / name, signature, loading)
    return Candidate(folder, Signature((TEXT,), (TEXT,)), None, parts, (LANGUAGE_NAME, TOKENIZER_NAME))


def _verify(
    parts: DecoderParts, request: DecoderRequest, folder: Path, open_session: OpenSession, progress: Progress
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
        return verify_decoder(before, after, texts, parts.find_limits(request), partial(_report, progress, "texts"))


def _report(progress: Progress, what: str, done: int, total: int) -> None:
    progress.step(done, total, {what: float(done)})
