"""From a folder with an encoder to a candidate: graph, tokenizer and settings, and the gate's report.

The task is one of embeddings, text classification, token classification and reranking.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx

from pilotlight.core.artifacts import Candidate
from pilotlight.core.block_config import BLOCKS
from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.core.progress import Progress
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight.language.candidate import LANGUAGE_NAME, TOKENIZER_NAME, LanguageCandidate
from pilotlight.language.encoders.blocks import quantize_blocks
from pilotlight.language.encoders.comparison import find_tolerance
from pilotlight.language.encoders.gate import EncoderGate
from pilotlight.language.encoders.held_out_sentences import choose_sentences
from pilotlight.language.encoders.plan import EncoderPlan
from pilotlight.language.encoders.source import EncoderSource, read_encoder_source
from pilotlight.language.encoders.tokens import EncoderTokens, read_encoder_tokens
from pilotlight.language.held_out import read_texts
from pilotlight.language.sources import LanguageSource
from pilotlight.language.tasks import EMBED
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.language.encoders.encoder_settings import GRAPH
from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME
from pilotlight_runtime.session import OpenSession

_SENTENCES: Final = 48
"""Of the first held-out text. Computing them with numpy takes seconds."""
_LARGE: Final = 1 << 30
"""Bytes of weights that lie beside the graph, because protobuf ends at 2 GB."""

Finish = Callable[[Candidate], Candidate]
"""Quantizes and optimizes a candidate in floating point, in its own folder or another."""


@dataclass(frozen=True)
class EncoderRequest:
    """How an encoder is imported.

    Attributes:
        config: The content of model.toml.
        text: A file of held-out texts for the gate; None for the texts that Pilotlight brings.
        finish: What is done to the candidate before the gate judges it.
    """

    config: ModelConfig
    text: Path | None = None
    finish: Finish = lambda candidate: candidate


def build_encoder_candidate(
    source: LanguageSource, request: EncoderRequest, folder: Path, open_session: OpenSession, progress: Progress
) -> LanguageCandidate:
    """Make and verify a candidate of an encoder.

    Args:
        source: Where the model is.
        request: How it is imported.
        folder: An empty folder for the files of the version.
        open_session: Opens a graph.
        progress: Where assumptions are noted.

    Returns:
        The candidate and the report of the gate, which may reject it.

    Raises:
        ConversionError: The model's files are damaged, or of a kind that Pilotlight cannot import.
        DataError: The file of held-out text cannot be read.
        ProjectError: model.toml does not fit the model, or an optional package is missing.
    """
    notes: list[str] = []
    encoder = read_encoder_source(source, request.config, open_session, notes.append)
    for note in notes:
        progress.note(f"{source.path.name}: {note}")
    tokens = read_encoder_tokens(source, encoder.plan)
    tokens.check_vocabulary(encoder.rows, str(source.path))
    texts = choose_sentences(read_texts(request.text), _SENTENCES)
    plain = _write(encoder, tokens, folder, open_session)
    before = _count_bytes(plain)
    quantization = request.config.quantization
    if quantization.mode == BLOCKS and quantization.blocks is not None:
        quantize_blocks(plain.parts[GRAPH].folder / MODEL_NAME, quantization.blocks.bits)
    candidate = request.finish(plain)
    gate = EncoderGate(texts, encoder.reference, tokens.frame, find_tolerance(request.config))
    report = gate.judge(candidate, open_session, "; ".join(notes))
    facts = {"language": {**_describe(source, encoder), "compared_with": encoder.how}}
    quantized = _describe_quantization(request.config, before, candidate, report)
    return LanguageCandidate(candidate, report, facts, quantized, _describe_found(encoder.plan))


def _write(encoder: EncoderSource, tokens: EncoderTokens, folder: Path, open_session: OpenSession) -> Candidate:
    """Write the files of a version."""
    plan, place = encoder.plan, folder / GRAPH
    place.mkdir(parents=True)
    (folder / TOKENIZER_NAME).write_bytes(compile_tokenizer(tokens.document))
    document = plan.document(encoder.width)
    (folder / LANGUAGE_NAME).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    beside = sum(len(tensor.raw_data) for tensor in encoder.graph.graph.initializer) > _LARGE
    onnx.save(encoder.graph, str(place / MODEL_NAME), save_as_external_data=beside, location=WEIGHTS_NAME)
    part = Candidate(place, open_session(place / MODEL_NAME, 1).signature)
    assets = (LANGUAGE_NAME, TOKENIZER_NAME)
    return Candidate(folder, plan.signature(encoder.width), None, {GRAPH: part}, assets)


def _describe(source: LanguageSource, encoder: EncoderSource) -> dict[str, Any]:
    vectors = {"dimensions": encoder.width} if encoder.plan.task == EMBED else {}
    return {
        "task": encoder.plan.task,
        "architecture": source.architecture,
        "format": source.format,
        "longest": encoder.plan.longest,
        **vectors,
    }


def _describe_quantization(
    config: ModelConfig, before: int, candidate: Candidate, report: ParityReport
) -> QuantizationReport | None:
    quantization = config.quantization
    if quantization.mode == NONE:
        return None
    bits = f" of {quantization.blocks.bits} bits" if quantization.blocks else ""
    return QuantizationReport(
        mode=f"{quantization.mode}{bits}",
        bytes_before=before,
        bytes_after=_count_bytes(candidate),
        samples=report.samples,
        largest_difference=report.largest_difference,
        metric=report.metric,
        metric_before=report.source_metric,
        metric_after=report.onnx_metric,
    )


def _count_bytes(candidate: Candidate) -> int:
    """Return the bytes of the graph as any host opens it."""
    folder = candidate.parts[GRAPH].folder
    return sum((folder / name).stat().st_size for name in (MODEL_NAME, WEIGHTS_NAME) if (folder / name).exists())


def _describe_found(plan: EncoderPlan) -> dict[str, dict[str, object]]:
    """Return the settings for a new model.toml."""
    if plan.task != EMBED or plan.head is None:
        return {}
    prefixes = {f"{kind}_prefix": text for kind, text in plan.prefixes.items() if text}
    shorter = {"dimensions": list(plan.shorter)} if plan.shorter else {}
    normalize = plan.head.finish != ""
    found = {"pooling": plan.head.pool, "normalize": normalize, "longest": plan.longest, **prefixes, **shorter}
    return {"embedding": found}
