"""Chooses the graph that a version is opened from.

The choice depends only on sizes. So the same model is the same version, however busy the machine is. The limits come
from measurements that benchmarks/loading.py repeats. The manifest of each version records its own measurements.
Prepacked weights are measured and never chosen. ONNX Runtime packs them anyway to compare, so they save only memory,
and they double the bytes that each cold start reads and checks.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import onnx

from pilotlight.core.artifacts import Candidate
from pilotlight.optimization.graph import OptimizerError, load_optimized, save_optimized
from pilotlight.optimization.measure import Variant, measure_variants
from pilotlight.optimization.packing import count_packed_bytes
from pilotlight.optimization.weights import WeightsFile, count_bytes, is_large
from pilotlight_runtime.engine.host import OPTIMIZED_NAME, describe_host
from pilotlight_runtime.engine.ort_session import engine_version, open_session
from pilotlight_runtime.manifest import MODEL_NAME, WEIGHTS_NAME, Loading
from pilotlight_runtime.session import OpenSession


class Limits(NamedTuple):
    """The limits of the choice.

    Attributes:
        min_weight_bytes: The smallest weights, in bytes, that get a file of their own. Parsing and copying less takes
            about a millisecond, and one file is simpler.
        max_growth: The largest ratio of the weights with the optimized graph to those without it. The optimizer
            rearranges the weights of a convolution for the CPU and keeps the plain ones too. Each cold start must check
            both.
        min_packed_bytes: The smallest weights of matrix products, in bytes, that a function packs after its first
            answer. Packing takes a millisecond a megabyte.
    """

    min_weight_bytes: int = 1024 * 1024
    max_growth: float = 1.25
    min_packed_bytes: int = 16 * 1024 * 1024


LIMITS: Final = Limits()


def optimize(
    candidate: Candidate,
    into: Path,
    open_session: OpenSession = open_session,
    limits: Limits = LIMITS,
    *,
    pack_parts_later: bool = False,
) -> Candidate:
    """Optimize a candidate: large weights in a file of their own, and an optimized graph beside model.onnx.

    model.onnx stays the same graph, which any host can open.

    Args:
        candidate: The candidate.
        into: The folder for the result. A small candidate stays in its own folder, and so do several graphs.
        open_session: Opens a graph, for the measurements.
        limits: The limits of the choice.
        pack_parts_later: Whether one of several graphs may be packed after the first answer. The gate must then judge
            unpacked graphs too.

    Returns:
        The candidate with its `loading`.
    """
    if candidate.parts:
        parts = {
            name: _optimize_in_place(part, into / name, open_session, limits) for name, part in candidate.parts.items()
        }
        if not pack_parts_later:  # the usual gate runs app.py on packed graphs alone
            parts = {name: _pack_at_once(part) for name, part in parts.items()}
        return replace(candidate, parts=parts)
    model = onnx.load(str(candidate.folder / MODEL_NAME), format="protobuf")
    weights = sum(count_bytes(tensor) for tensor in model.graph.initializer if is_large(tensor))
    if weights < limits.min_weight_bytes:
        reason = f"weights of {weights} bytes, under {limits.min_weight_bytes}"
        return replace(candidate, loading=Loading(MODEL_NAME, "", reason, {}))
    into.mkdir(parents=True, exist_ok=True)
    reason = _write_graphs(model, into, limits)
    variants = {
        "plain": Variant.from_folder(candidate.folder, MODEL_NAME),
        "external": Variant.from_folder(into, MODEL_NAME),
    }
    if reason:
        return Candidate(
            into, candidate.signature, Loading(MODEL_NAME, "", reason, measure_variants(variants, open_session))
        )
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        save_optimized(into / MODEL_NAME, Path(folder) / OPTIMIZED_NAME, prepacked=True)
        variants["optimized"] = Variant.from_folder(into, OPTIMIZED_NAME)
        variants["prepacked"] = Variant.from_folder(Path(folder), OPTIMIZED_NAME)
        figures = measure_variants(variants, open_session)
    packed = count_packed_bytes(onnx.load(str(into / OPTIMIZED_NAME), load_external_data=False))
    reason = f"weights of {weights} bytes, at least {limits.min_weight_bytes}"
    host = describe_host(engine_version())
    later = packed >= limits.min_packed_bytes
    return Candidate(into, candidate.signature, Loading(OPTIMIZED_NAME, host, reason, figures, later))


def _optimize_in_place(part: Candidate, into: Path, open_session: OpenSession, limits: Limits) -> Candidate:
    """Optimize one of several graphs in its own folder. `into` is a temporary folder."""
    made = optimize(part, into, open_session, limits)
    if made.folder != part.folder:
        shutil.rmtree(part.folder)
        shutil.move(made.folder, part.folder)
    return replace(made, folder=part.folder)


def _pack_at_once(part: Candidate) -> Candidate:
    return replace(part, loading=part.loading and part.loading._replace(pack_later=False))


def _write_graphs(model: onnx.ModelProto, into: Path, limits: Limits) -> str:
    """Write the graphs, and return why there is no optimized graph; "" where there is one."""
    with WeightsFile(into / WEIGHTS_NAME) as weights:
        weights.move_weights(model, into / MODEL_NAME)
        plain = weights.size
        try:
            optimized = load_optimized(into / MODEL_NAME)
        except OptimizerError as error:
            return f"ONNX Runtime cannot save the optimized graph: {error}"
        weights.move_weights(optimized, into / OPTIMIZED_NAME)
        if (growth := weights.size / plain) <= limits.max_growth:
            return ""
        weights.truncate(plain)
    (into / OPTIMIZED_NAME).unlink()
    return f"the optimized weights are {growth:.2f} times as large, more than {limits.max_growth}"
