"""A large quantised graph, optimised for this host: both of its graphs answer as the one in floating point."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from support.weighted_network import PIXELS, network

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock
from pilotlight.optimization import optimize
from pilotlight.quantization import quantize
from pilotlight.quantization.graph import _Batches
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor


def answers(session: Session) -> np.ndarray:
    return session.run({"x": Tensor.from_numpy(PIXELS, FP32)}, ["y"])[0].numpy()


@pytest.fixture
def plain(tmp_path: Path) -> Candidate:
    (tmp_path / "plain").mkdir()
    model = network(1536)
    model.metadata_props.add(key="author", value="somebody")
    onnx.save(model, tmp_path / "plain" / "model.onnx")
    return Candidate(tmp_path / "plain", read_signature(tmp_path / "plain" / "model.onnx"))


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_on_this_host_and_on_another(plain: Candidate, tmp_path: Path, mode: str) -> None:
    samples = {"x": PIXELS} if mode == "static" else None
    quantized = quantize("large", plain, samples, tmp_path / "quantized")
    made = optimize(quantized, tmp_path / "made")
    assert made.loading is not None
    assert made.loading.graph == "optimized.onnx"
    assert (made.folder / "weights.bin").stat().st_size < 0.4 * (plain.folder / "model.onnx").stat().st_size
    store = Store(FolderBlobs(tmp_path / "store"))
    done = store.publish("large", made, image=None, metrics={}, parity={}, provenance={})
    store.fetch("large", Lock(done.manifest.version, done.manifest_sha256), tmp_path / "function")
    expected = answers(open_session(plain.folder / "model.onnx", 1))
    here = load_model(tmp_path / "function", open_session, 1)
    assert here.fallback == ""
    elsewhere = load_model(tmp_path / "function", open_session, 1, lambda: "onnxruntime 1.32.0, x86_64 sse4_1")
    assert "so model.onnx is opened" in elsewhere.fallback
    spread = float(np.ptp(expected))
    for found in (answers(here.session), answers(elsewhere.session)):
        assert 0 < np.abs(found - expected).max() < 0.05 * spread
    np.testing.assert_allclose(answers(here.session), answers(elsewhere.session), atol=0.01 * spread)


def test_what_the_graph_says_of_itself_stays(plain: Candidate, tmp_path: Path) -> None:
    quantized = quantize("large", plain, None, tmp_path / "quantized")
    model = onnx.load(quantized.folder / "model.onnx")
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("author", "somebody")]
    assert read_signature(quantized.folder / "model.onnx") == plain.signature


@pytest.mark.parametrize(("fixed", "sizes"), [(None, [64, 36]), (40, [40, 40])])
def test_every_sample_calibrates_unless_the_graph_fixes_the_batch(fixed: int | None, sizes: list[int]) -> None:
    batches = _Batches({"x": np.arange(100)}, fixed)
    found = []
    while (batch := batches.get_next()) is not None:
        found.append(len(batch["x"]))
    assert found == sizes
