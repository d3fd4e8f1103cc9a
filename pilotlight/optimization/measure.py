"""Measures loading and running. Variants take turns in one process, so that noise affects all of them alike."""

from __future__ import annotations

import hashlib
import math
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from pilotlight_runtime.engine.host import OPTIMIZED_NAME
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.manifest import MODEL_NAME, Json
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.warm_up import zero_inputs

ROUNDS: Final = 5
RUNS: Final = 3
THREADS: Final = 1
"""The number of threads of a function with one vCPU."""


class Variant(NamedTuple):
    """One way to open a model.

    Attributes:
        graph: The graph.
        files: The files of the graph and its weights.
    """

    graph: Path
    files: tuple[Path, ...]

    @classmethod
    def from_folder(cls, folder: Path, graph: str) -> Self:
        """Return the variant with the graph of that name. Apart from graphs, the folder holds only the weights."""
        others = (
            path for path in folder.rglob("*") if path.is_file() and path.name not in (MODEL_NAME, OPTIMIZED_NAME)
        )
        return cls(folder / graph, (folder / graph, *others))


def measure_variants(
    variants: Mapping[str, Variant], open_session: OpenSession, timer: Callable[[], float] = time.perf_counter
) -> dict[str, Json]:
    """Measure variants of a model.

    Args:
        variants: The variants by name. Each is in a folder that holds only its own files.
        open_session: Opens a graph.
        timer: Seconds on any scale that only grows.

    Returns:
        For each name: the bytes of its files, and the milliseconds of hashing them, of opening the graph, and of one
        run. A run computes zeros in which each open dimension is 1.
    """
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            samples[name].append(_measure_once(variant, open_session, timer))
    return {name: _summarize(variants[name], found) for name, found in samples.items()}


def _measure_once(
    variant: Variant, open_session: OpenSession, timer: Callable[[], float]
) -> tuple[float, float, float]:
    began = timer()
    for file in variant.files:
        with file.open("rb") as content:
            hashlib.file_digest(content, "sha256")
    checked = timer()
    session = open_session(variant.graph, THREADS)
    opened = timer()
    return checked - began, opened - checked, _measure_run(session, timer)


def _measure_run(session: Session, timer: Callable[[], float]) -> float:
    inputs, outputs = zero_inputs(session.signature), [spec.name for spec in session.signature.outputs]
    runs = []
    try:
        for _ in range(1 + RUNS):
            start = timer()
            session.run(inputs, outputs)
            runs.append(timer() - start)
    except InferenceFailed:
        return math.nan
    return min(runs)


def _summarize(variant: Variant, found: list[tuple[float, float, float]]) -> Json:
    size = sum(file.stat().st_size for file in variant.files)
    middle = [statistics.median(column) * 1000 for column in zip(*found, strict=True)]
    names = ("check_ms", "open_ms", "run_ms")
    taken = {name: round(value, 3) for name, value in zip(names, middle, strict=True) if not math.isnan(value)}
    return {"bytes": size, **taken}
