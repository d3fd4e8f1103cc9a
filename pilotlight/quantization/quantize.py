"""From a candidate in floating point to a quantised one."""

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
    """`candidate`, of the model `name`, quantised in the folder `into`; it stays where it is itself.

    calibration: samples by input name for static quantisation, None for dynamic. Of several graphs, which have no
    samples of their own, each is quantised, and one that has nothing to quantise stays as it is; assets are copied.
    ConversionError where nothing at all can be quantised.
    """
    where = f"model {name!r}"
    if not candidate.parts:
        if not _one(where, candidate, calibration, into):
            raise _nothing(where, calibration)
        return replace(candidate, folder=into)
    if calibration is not None:
        raise ConversionError(
            where,
            "has graphs behind app.py's code, and only that code knows what each takes: nothing calibrates them",
            f'Set mode = "{DYNAMIC}" or "none" in [quantization] of model.toml.',
        )
    into.mkdir(parents=True)
    for asset in candidate.assets:
        shutil.copyfile(candidate.folder / asset, into / asset)
    quantized = [part for part, graph in candidate.parts.items() if _one(f"{where}, {part}", graph, None, into / part)]
    if not quantized:
        raise _nothing(where, None)
    for part in candidate.parts.keys() - quantized:
        shutil.copytree(candidate.parts[part].folder, into / part, dirs_exist_ok=True)
    parts = {part: replace(graph, folder=into / part) for part, graph in candidate.parts.items()}
    return replace(candidate, folder=into, parts=parts)


def _one(where: str, candidate: Candidate, calibration: NamedArrays | None, into: Path) -> bool:
    """Whether there was something to quantise, and it lies in `into` now."""
    source, target = candidate.folder / MODEL_NAME, into / MODEL_NAME
    try:
        if calibration is None:
            return quantize_dynamically(source, target)
        first = candidate.signature.inputs[0].shape[:1]
        return quantize_statically(source, target, calibration, first[0] if first and first[0] > 0 else None)
    except QuantizerError as error:
        raise ConversionError(where, f"cannot be quantised: {error}", _HINT) from error


def _nothing(where: str, calibration: NamedArrays | None) -> ConversionError:
    operators = "MatMul, Gemm, LSTM, Gather" if calibration is None else "Conv, MatMul, Gemm, Gather"
    return ConversionError(where, f"has nothing to quantise: no {operators} with constant weights", _HINT)
