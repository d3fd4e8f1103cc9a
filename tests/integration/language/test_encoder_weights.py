"""The forms in which the weights of an encoder are served: quantized dynamically, and packed after the first answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.encoder_import import TEXTS
from support.manifests import manifest_of
from support.tiny_encoder import write_encoder

from pilotlight.core.artifacts import Candidate
from pilotlight.core.model_config import ModelConfig, QuantizationConfig
from pilotlight.core.progress import Silent
from pilotlight.language.candidate import LanguageCandidate
from pilotlight.language.encoders.candidate import EncoderRequest, Finish, build_encoder_candidate
from pilotlight.language.sources import find_source
from pilotlight.optimization import optimize
from pilotlight.optimization.optimize import Limits
from pilotlight.quantization import quantize
from pilotlight_runtime.deferred_packing import CLIENT, defer_packing
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import ArtifactFile, Graph, Loading
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.session import Session

SMALL = Limits(min_weight_bytes=1024, max_growth=9, min_packed_bytes=1024)
"""As if a tiny model were a large one."""
ON_DEMAND = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}


def build(folder: Path, finish: Finish, config: ModelConfig, opened: list[str] | None = None) -> LanguageCandidate:
    def open_noted(path: StrPath, threads: int) -> Session:
        if opened is not None:
            opened.append(Path(str(path)).name)
        return open_session(path, threads)

    (folder / "text.txt").write_text(TEXTS)
    source = find_source(write_encoder(folder / "model"))
    request = EncoderRequest(config, folder / "text.txt", finish)
    return build_encoder_candidate(source, request, folder / "version", open_noted, Silent())


@pytest.mark.parametrize("later", [True, False])
def test_weights_are_packed_after_the_first_answer_only_where_the_gate_knows(tmp_path: Path, *, later: bool) -> None:
    def finish(candidate: Candidate) -> Candidate:
        return optimize(candidate, tmp_path / "optimized", open_session, SMALL, pack_parts_later=later)

    opened: list[str] = []
    made = build(tmp_path, finish, ModelConfig("tiny", "onnx"), opened)
    loading = made.candidate.parts["encoder"].loading
    assert loading is not None
    assert (loading.graph, loading.pack_later) == ("optimized.onnx", later)
    assert made.report.failures == ()
    assert {"model.onnx", "optimized.onnx"} <= set(opened)  # both were judged


def test_dynamic_quantization_is_judged_by_its_own_tolerance(tmp_path: Path) -> None:
    def finish(candidate: Candidate) -> Candidate:
        return quantize("tiny", candidate, None, tmp_path / "quantized")

    loose = QuantizationConfig("dynamic", metric_drop=0.05)
    made = build(tmp_path, finish, ModelConfig("tiny", "onnx", quantization=loose))
    assert made.report.failures == ()
    assert made.report.onnx_metric is not None
    assert 0.95 < made.report.onnx_metric < 1
    assert made.quantization is not None
    assert made.quantization.mode == "dynamic"
    assert made.quantization.bytes_after < made.quantization.bytes_before
    (tmp_path / "again").mkdir()

    def finish_again(candidate: Candidate) -> Candidate:
        return quantize("tiny", candidate, None, tmp_path / "again" / "quantized")

    strict = replace(loose, metric_drop=1e-4)
    rejected = build(tmp_path / "again", finish_again, ModelConfig("tiny", "onnx", quantization=strict))
    assert any(failure.startswith("cosine: ") for failure in rejected.report.failures)


class _Client:
    def __init__(self) -> None:
        self.after_response: list[Any] = []


def test_the_function_packs_the_only_graph_of_a_version_later() -> None:
    loading = Loading("optimized.onnx", "this host", "", {}, pack_later=True)
    graph = Graph("encoder", manifest_of([], []).signature, loading)
    files = (ArtifactFile("encoder/weights.bin", "0" * 64, 80 << 20),)
    manifest = manifest_of([], [])._replace(graphs=(graph,), files=files)
    client = _Client()
    assert [defer_packing(manifest, ON_DEMAND, {CLIENT: client}, lambda: 60 << 20)] == client.after_response
    small = {**ON_DEMAND, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}  # weights count three times
    assert defer_packing(manifest, small, {CLIENT: client}, lambda: 60 << 20) is None
    several = manifest._replace(graphs=(graph, graph._replace(name="other")))
    assert defer_packing(several, ON_DEMAND, {CLIENT: client}, lambda: 60 << 20) is None


def test_graphs_of_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    """So that importing the same model twice gives the same version."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        candidate = build(tmp_path / name, lambda candidate: candidate, ModelConfig("tiny", "onnx")).candidate
        files = sorted(path for path in candidate.folder.rglob("*") if path.is_file())
        made.append({path.relative_to(candidate.folder): path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert np.all([len(content) for content in made[0].values()])
