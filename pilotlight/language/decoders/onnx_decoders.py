"""The decoder of an ONNX export, as a Decoder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import onnx

from pilotlight.core.block_config import FLOAT_BITS
from pilotlight.core.errors import ConversionError
from pilotlight.language.decoders.decoder import Decoder, Step
from pilotlight.language.decoders.exported_decoder import ExportedDecoder, read_exported_decoder
from pilotlight.language.decoders.exported_rewrite import rewrite_exported
from pilotlight.language.decoders.exported_runner import ExportedRunner
from pilotlight.language.decoders.exported_weights import can_quantize, write_exported
from pilotlight.language.settings import Settings
from pilotlight.language.sources import LanguageSource
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import SessionError


def open_onnx_decoder(source: LanguageSource, bits: int) -> Decoder:
    """Open the decoder of an ONNX export.

    Args:
        source: The folder.
        bits: The bits of a weight in matrices that are floats. Others stay as they are.

    Raises:
        ConversionError: The export is damaged, or has inputs or outputs that Pilotlight does not know.
    """
    (path,) = source.files
    exported = read_exported_decoder(path)
    wanted = bits if bits != FLOAT_BITS and can_quantize(exported.model.graph) else FLOAT_BITS
    return Decoder(
        where=str(path),
        vocabulary=exported.vocabulary,
        positions=_find_positions(source),
        cache=exported.cache,
        bits=wanted,
        source_bytes=sum(file.stat().st_size for file in path.parent.iterdir() if file.name.startswith(path.name)),
        facts={"format": source.format, "architecture": source.architecture, "cache": exported.cache},
        write=partial(_write, exported, wanted),
        open_float=partial(_open, exported),
    )


def _find_positions(source: LanguageSource) -> int:
    """Return the longest context, which config.json or genai_config.json says."""
    config: dict[str, Any] = dict(source.config)
    genai = config.get("genai", {}).get("model", {})
    found = config.get("max_position_embeddings", config.get("n_positions", genai.get("context_length")))
    return Settings(str(source.path), {"max_position_embeddings": found}).count("max_position_embeddings")


def _write(exported: ExportedDecoder, bits: int, folder: Path, context: int, step: Step) -> None:
    del context  # the export computes positions itself
    model: onnx.ModelProto = rewrite_exported(exported)
    write_exported(model, exported.path, folder, None if bits == FLOAT_BITS else bits)
    step(1, 1)


def _open(exported: ExportedDecoder, folder: Path, context: int, threads: int) -> ExportedRunner:
    del folder, context
    try:
        return ExportedRunner(exported, open_session(exported.path, threads))
    except SessionError as error:
        raise ConversionError(str(exported.path), f"cannot be opened ({error})", "Export the model again.") from error
