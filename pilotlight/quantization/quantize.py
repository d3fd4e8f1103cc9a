"""Quantizes a candidate."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from pilotlight.core.artifacts import Candidate, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import DYNAMIC
from pilotlight.quantization.graph import QuantizerError, quantize_dynamically, quantize_statically
from pilotlight_runtime.manifest import MODEL_NAME

_HINT: Final = 'Set mode = "none" in [quantization] of model.toml, or the other mode.'


def quantize(name: str, candidate: Candidate, calibration: NamedArrays | None, into: Path) -> Candidate:
    """Quantize a candidate into another folder. The candidate itself stays as it is.

    Args:
        name: The name of the model.
        candidate: The candidate in floating point.
        calibration: Samples by input name for static quantization; None for dynamic quantization.
        into: The folder to write. Assets are copied. Of several graphs, one without anything to quantize is copied too.

    Returns:
        The quantized candidate.

    Raises:
        ConversionError: Nothing can be quantized, or static quantization is configured for several graphs.
    """
    where = f"model {name!r}"
    if not candidate.parts:
        if not _quantize_graph(where, candidate, calibration, into):
            raise _nothing_to_quantize(where, calibration)
        return replace(candidate, folder=into)
    if calibration is not None:
        raise ConversionError(
            where,
            "has graphs behind the code of app.py, and there are no calibration samples for them",
            f'Set mode = "{DYNAMIC}" or "none" in [quantization] of model.toml.',
        )
    into.mkdir(parents=True)
    for asset in candidate.assets:
        shutil.copyfile(candidate.folder / asset, into / asset)
    quantized = [
        part for part, graph in candidate.parts.items() if _quantize_graph(f"{where}, {part}", graph, None, into / part)
    ]
    if not quantized:
        raise _nothing_to_quantize(where, None)
    for part in candidate.parts.keys() - quantized:
        shutil.copytree(candidate.parts[part].folder, into / part, dirs_exist_ok=True)
    parts = {part: replace(graph, folder=into / part) for part, graph in candidate.parts.items()}
    return replace(candidate, folder=into, parts=parts)


def _quantize_graph(where: str, candidate: Candidate, calibration: NamedArrays | None, into: Path) -> bool:
    """Quantize one graph, and return whether there was anything to quantize."""
    source, target = candidate.folder / MODEL_NAME, into / MODEL_NAME
    try:
        if calibration is None:
            return quantize_dynamically(source, target)
        first = candidate.signature.inputs[0].shape[:1]
        return quantize_statically(source, target, calibration, first[0] if first and first[0] > 0 else None)
    except QuantizerError as error:
        raise ConversionError(where, f"cannot be quantized: {error}", _HINT) from error


def _nothing_to_quantize(where: str, calibration: NamedArrays | None) -> ConversionError:
    operators = "MatMul, Gemm, LSTM, Gather" if calibration is None else "Conv, MatMul, Gemm, Gather"
    return ConversionError(where, f"has nothing to quantize: no {operators} with constant weights", _HINT)
