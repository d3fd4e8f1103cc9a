"""Which graph a version is opened from.

The choice follows from sizes alone, so that the same model is the same version however busy the machine is. The limits
come from measurements, which benchmarks/loading.py repeats; what each version takes stands in its manifest. Weights in
prepacked form are measured and never chosen: ONNX Runtime packs them all the same, to compare, so they save fresh
memory alone, and they double what is read and checked at every cold start.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import onnx

from pilotlight.core.artifacts import Candidate
from pilotlight.optimization.graph import NotOptimized, load_optimized, save_optimized
from pilotlight.optimization.measure import Variant, measure
from pilotlight.optimization.weights import WeightsFile, is_large, size_of
from pilotlight_runtime.engine.host import OPTIMIZED_NAME, describe_host
from pilotlight_runtime.engine.ort_session import engine_version, open_session
from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME, Loading
from pilotlight_runtime.session import OpenSession


class Limits(NamedTuple):
    """By which the choice is made.

    least_weights: bytes; parsing and copying less takes about a millisecond, and one file is simpler. most_growth: how
    many times larger the optimised graph may make the weights; a convolution's are laid out anew for the CPU, beside
    the plain ones, and must be checked at every cold start too.
    """

    least_weights: int = 1024 * 1024
    most_growth: float = 1.25


LIMITS: Final = Limits()


def optimize(
    candidate: Candidate, into: Path, open_session: OpenSession = open_session, limits: Limits = LIMITS
) -> Candidate:
    """`candidate` in the folder `into`: large weights in a file of their own, an optimised graph beside model.onnx.

    model.onnx stays the graph that it was and can be opened anywhere. A small candidate stays where it lies. Of several
    graphs each is treated so in its own folder, where they lie.
    """
    if candidate.parts:
        parts = {name: _replaced(part, into / name, open_session, limits) for name, part in candidate.parts.items()}
        return replace(candidate, parts=parts)
    model = onnx.load(str(candidate.folder / MODEL_NAME), format="protobuf")
    weights = sum(size_of(tensor) for tensor in model.graph.initializer if is_large(tensor))
    if weights < limits.least_weights:
        reason = f"weights of {weights} bytes, under {limits.least_weights}"
        return replace(candidate, loading=Loading(MODEL_NAME, "", reason, {}))
    into.mkdir(parents=True, exist_ok=True)
    reason = _write(model, into, limits)
    variants = {"plain": Variant.of(candidate.folder, MODEL_NAME), "external": Variant.of(into, MODEL_NAME)}
    if reason:
        return Candidate(into, candidate.signature, Loading(MODEL_NAME, "", reason, measure(variants, open_session)))
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        save_optimized(into / MODEL_NAME, Path(folder) / OPTIMIZED_NAME, prepacked=True)
        variants["optimized"] = Variant.of(into, OPTIMIZED_NAME)
        variants["prepacked"] = Variant.of(Path(folder), OPTIMIZED_NAME)
        figures = measure(variants, open_session)
    reason = f"weights of {weights} bytes, at least {limits.least_weights}"
    host = describe_host(engine_version())
    return Candidate(into, candidate.signature, Loading(OPTIMIZED_NAME, host, reason, figures))


def _replaced(part: Candidate, into: Path, open_session: OpenSession, limits: Limits) -> Candidate:
    """`part` optimised, in the folder where it lies. into: a folder for the time between."""
    made = optimize(part, into, open_session, limits)
    if made.folder != part.folder:
        shutil.rmtree(part.folder)
        shutil.move(made.folder, part.folder)
    return replace(made, folder=part.folder)


def _write(model: onnx.ModelProto, into: Path, limits: Limits) -> str:
    """Fills `into`; why it holds no optimised graph, "" where it does."""
    with WeightsFile(into / WEIGHTS_NAME) as weights:
        weights.move(model, into / MODEL_NAME)
        plain = weights.size
        try:
            optimized = load_optimized(into / MODEL_NAME)
        except NotOptimized as error:
            return f"ONNX Runtime cannot save the optimised graph: {error}"
        weights.move(optimized, into / OPTIMIZED_NAME)
        if (growth := weights.size / plain) <= limits.most_growth:
            return ""
        weights.cut(plain)
    (into / OPTIMIZED_NAME).unlink()
    return f"optimised, weights are {growth:.2f} times as large, more than {limits.most_growth}"
