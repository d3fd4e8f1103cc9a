import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support import ort_models
from support.weighted_network import network

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate
from pilotlight.optimization import LIMITS, optimize
from pilotlight.optimization.graph import OptimizerError, load_optimized
from pilotlight_runtime.engine.host import describe_host
from pilotlight_runtime.engine.ort_session import engine_version
from pilotlight_runtime.manifest import MODEL_NAME

SIZE = (1024 * 1024 + 16 * 27 + 1024 + 4096) * 4

AGAIN = """
import sys
from pathlib import Path
from pilotlight.core.artifacts import Candidate
from pilotlight.conversion import read_signature
from pilotlight.optimization import optimize
source, into = map(Path, sys.argv[1:])
optimize(Candidate(source, read_signature(source / "model.onnx")), into)
"""


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_large_weights_lie_in_one_file_that_both_graphs_share(plain: Candidate, tmp_path: Path) -> None:
    made = optimize(plain, tmp_path / "made")
    assert made.signature == plain.signature == read_signature(made.folder / "optimized.onnx")
    sizes = {path.name: path.stat().st_size for path in made.folder.iterdir()}
    assert set(sizes) == {"model.onnx", "optimized.onnx", "weights.bin"}
    assert sizes["model.onnx"] < 4096
    assert SIZE <= sizes["weights.bin"] < SIZE * LIMITS.max_growth
    kinds = {node.op_type for node in onnx.load(made.folder / "optimized.onnx").graph.node}
    assert "FusedGemm" in kinds


def test_model_onnx_stays_the_graph_that_it_was(plain: Candidate, tmp_path: Path) -> None:
    made = optimize(plain, tmp_path / "made")
    again = onnx.load(made.folder / MODEL_NAME)
    for tensor in again.graph.initializer:
        tensor.ClearField("data_location")
        del tensor.external_data[:]
    assert again == network()


def test_the_manifest_will_say_what_was_chosen_where_and_by_which_figures(plain: Candidate, tmp_path: Path) -> None:
    loading = optimize(plain, tmp_path / "made").loading
    assert loading is not None
    assert loading.graph == "optimized.onnx"
    assert loading.host == describe_host(engine_version())
    assert loading.reason == f"weights of {SIZE} bytes, at least {LIMITS.min_weight_bytes}"
    assert set(loading.figures) == {"plain", "external", "optimized", "prepacked"}
    for figures in loading.figures.values():
        assert set(figures) == {"bytes", "check_ms", "open_ms", "run_ms"}
        assert min(figures.values()) > 0
    assert loading.figures["prepacked"]["bytes"] > 1.9 * loading.figures["optimized"]["bytes"]


def test_the_same_model_gives_the_same_bytes_in_every_process(plain: Candidate, tmp_path: Path) -> None:
    here = optimize(plain, tmp_path / "here")
    subprocess.run([sys.executable, "-c", AGAIN, str(plain.folder), str(tmp_path / "there")], check=True)
    assert digests(here.folder) == digests(tmp_path / "there")


def test_a_small_model_stays_as_it_is(plain: Candidate, tmp_path: Path) -> None:
    made = optimize(plain, tmp_path / "made", limits=LIMITS._replace(min_weight_bytes=SIZE + 1))
    assert made.folder == plain.folder
    assert made.loading is not None
    assert made.loading[:2] == ("model.onnx", "")
    assert made.loading.reason == f"weights of {SIZE} bytes, under {SIZE + 1}"
    assert not (tmp_path / "made").exists()


def test_an_optimised_graph_that_needs_many_weights_of_its_own_is_left_out(plain: Candidate, tmp_path: Path) -> None:
    made = optimize(plain, tmp_path / "made", limits=LIMITS._replace(max_growth=1.0))
    assert made.loading is not None
    assert made.loading[:2] == ("model.onnx", "")
    assert made.loading.reason.endswith("more than 1.0")
    assert set(made.loading.figures) == {"plain", "external"}
    assert set(digests(made.folder)) == {"model.onnx", "weights.bin"}
    optimize(plain, tmp_path / "whole")
    whole = (tmp_path / "whole" / "weights.bin").read_bytes()
    kept = (made.folder / "weights.bin").read_bytes()
    assert len(kept) < len(whole)
    assert whole.startswith(kept)


def test_weights_that_lay_beside_the_graph_are_gathered(plain: Candidate, tmp_path: Path) -> None:
    folder = tmp_path / "beside"
    folder.mkdir()
    onnx.save(network(), folder / MODEL_NAME, save_as_external_data=True, location="data.bin", size_threshold=0)
    made = optimize(Candidate(folder, plain.signature), tmp_path / "made")
    optimize(plain, tmp_path / "other")
    assert digests(made.folder)["weights.bin"] == digests(tmp_path / "other")["weights.bin"]
    assert "data.bin" not in digests(made.folder)


def test_what_the_engine_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / MODEL_NAME).write_bytes(b"no graph")
    with pytest.raises(OptimizerError, match=r"model\.onnx"):
        load_optimized(tmp_path / MODEL_NAME)


def test_many_small_weights_are_no_large_ones(tmp_path: Path) -> None:
    """Together a megabyte, but none of them would move."""
    nodes = [helper.make_node("Sum", ["x", *[f"w{index}" for index in range(1100)]], ["y"])]
    weights = {f"w{index}": np.full(250, index, np.float32) for index in range(1100)}
    model = ort_models.graph(nodes, [("x", TensorProto.FLOAT, [250])], [("y", TensorProto.FLOAT, [250])], weights)
    source = tmp_path / "source"
    source.mkdir()
    path = ort_models.save(model, source)
    made = optimize(Candidate(source, read_signature(path)), tmp_path / "made")
    assert made.loading is not None
    assert made.loading.reason == "weights of 0 bytes, under 1048576"
