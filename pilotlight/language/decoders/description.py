"""What is written about a decoder: language.json, the effect of quantization, and a new model.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotlight.core.block_config import BLOCKS, FLOAT_BITS
from pilotlight.core.model_config import NONE
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight.language.decoders.parts import DecoderParts
from pilotlight.language.tasks import GENERATE


def describe_language(name: str, parts: DecoderParts) -> dict[str, Any]:
    """Return the content of language.json.

    Args:
        name: The name of the model.
        parts: What was found.
    """
    decoder, generation, chat = parts.decoder, parts.generation, parts.chat
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


def describe_quantization(parts: DecoderParts, folder: Path, report: ParityReport) -> QuantizationReport | None:
    """Return the effect of quantization; None where the weights are as they were.

    Args:
        parts: What was found.
        folder: The folder of the written graph.
        report: The report of the gate.
    """
    bits = parts.decoder.bits
    if bits == FLOAT_BITS:
        return None
    after = sum(path.stat().st_size for path in folder.iterdir())
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


def describe_found(parts: DecoderParts) -> dict[str, dict[str, object]]:
    """Return the settings for a new model.toml, by table and name.

    Args:
        parts: What was found.
    """
    bits, generation = parts.decoder.bits, parts.generation
    quantization: dict[str, object] = {"mode": NONE} if bits == FLOAT_BITS else {"mode": BLOCKS, "bits": bits}
    stop = {"stop": parts.source.texts_of(generation.stop)} if generation.stop else {}
    settings: dict[str, object] = {"context": generation.context, **stop, **generation.defaults}
    return {"generation": settings, "quantization": quantization}
