"""A version with two graphs: which is opened, and that it never answers wrongly."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.weighted_network import PIXELS

from pilotlight.core.artifacts import Candidate, Reference
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ParityConfig
from pilotlight.optimization import optimize
from pilotlight.store import FolderBlobs, Store
from pilotlight.verification.graphs import verify_graph, verify_graphs
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch, ManifestError, MissingArtifact
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import LoadedModel

FILES = ("model.onnx", "optimized.onnx", "weights.bin")


class Opener:
    """Opens graphs and remembers their names."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, path: Any, threads: int) -> Session:
        self.names.append(Path(path).name)
        return open_session(path, threads)


class Warned:
    """An observer that keeps what it is warned of."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, BaseException | None]] = []

    def request(self, record: object) -> None:
        pass

    def warning(self, message: str, cause: BaseException | None) -> None:
        self.warnings.append((message, cause))


@pytest.fixture
def made(plain: Candidate, tmp_path: Path) -> Candidate:
    return optimize(plain, tmp_path / "made")


def published(made: Candidate, into: Path) -> Path:
    store = Store(FolderBlobs(into / "store"))
    done = store.publish("tiny", made, image=None, metrics={}, parity={}, provenance={})
    store.fetch("tiny", Lock(done.manifest.version, done.manifest_sha256), into / "function")
    return into / "function"


def answers(session: Session) -> np.ndarray[Any, Any]:
    return session.run({"x": Tensor.from_numpy(PIXELS, FP32)}, ["y"])[0].numpy()


def test_on_its_own_host_the_optimised_graph_is_opened(made: Candidate, plain: Candidate, tmp_path: Path) -> None:
    opener = Opener()
    model = load_model(published(made, tmp_path), opener, 1)
    assert opener.names == ["optimized.onnx"]
    assert model.fallback == ""
    assert model.manifest.loading == made.loading
    np.testing.assert_allclose(answers(model.session), answers(open_session(plain.folder / "model.onnx", 1)), rtol=1e-4)


def test_on_another_cpu_the_plain_graph_answers_the_same(made: Candidate, plain: Candidate, tmp_path: Path) -> None:
    opener = Opener()
    model = load_model(published(made, tmp_path), opener, 1, lambda: "onnxruntime 1.32.0, x86_64 sse4_1")
    assert opener.names == ["model.onnx"]
    assert made.loading is not None
    assert model.fallback == (
        f"optimized.onnx was made for {made.loading.host}; this is onnxruntime 1.32.0, x86_64 sse4_1,"
        " so model.onnx is opened"
    )
    assert np.array_equal(answers(model.session), answers(open_session(plain.folder / "model.onnx", 1)))


def test_a_function_on_another_host_starts_with_one_warning(made: Candidate, tmp_path: Path) -> None:
    assert made.loading is not None
    loading = made.loading._replace(host="onnxruntime 1.32.0, aarch64")
    folder = published(Candidate(made.folder, made.signature, loading), tmp_path)
    observer = Warned()
    handler = model_handler(str(folder / "app.py"), observer=observer, environ={})
    ((message, cause),) = observer.warnings
    assert "so model.onnx is opened" in message
    assert cause is None
    answer = handler({"path": "/v2/models/tiny/ready", "method": "GET"}, None)
    assert answer["statusCode"] == 200
    own = Warned()
    model_handler(str(published(made, tmp_path / "own") / "app.py"), observer=own, environ={})
    assert own.warnings == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("host", [None, lambda: "elsewhere"], ids=["own host", "another host"])
def test_one_flipped_bit_in_any_file_stops_the_start(made: Candidate, tmp_path: Path, name: str, host: Any) -> None:
    folder = published(made, tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ChecksumMismatch, match=name):
        load_model(folder, open_session, 1, host)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_of_two_graphs_stops_the_start(made: Candidate, tmp_path: Path, name: str) -> None:
    folder = published(made, tmp_path)
    (folder / name).unlink()
    with pytest.raises(MissingArtifact, match=name):
        load_model(folder, open_session, 1)


def test_a_shortened_weights_file_is_told_as_such(made: Candidate, tmp_path: Path) -> None:
    folder = published(made, tmp_path)
    (folder / "weights.bin").write_bytes((folder / "weights.bin").read_bytes()[:4096])
    with pytest.raises(ChecksumMismatch, match=r"weights\.bin"):
        load_model(folder, open_session, 1)


def test_nothing_runs_before_the_weights_have_passed(made: Candidate, tmp_path: Path) -> None:
    folder = published(made, tmp_path)
    (folder / "weights.bin").write_bytes(b"\0" * (folder / "weights.bin").stat().st_size)
    ran: list[LoadedModel] = []
    with pytest.raises(ChecksumMismatch):
        ran.append(load_model(folder, open_session, 1))
    assert not ran


def test_a_host_changed_in_the_manifest_is_another_version(made: Candidate, tmp_path: Path) -> None:
    folder = published(made, tmp_path)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"host": "onnxruntime', '"host": "other'))
    with pytest.raises(ManifestError, match="its content is"):
        load_model(folder, open_session, 1)


def test_the_same_model_is_the_same_version_whatever_was_measured(
    made: Candidate, plain: Candidate, tmp_path: Path
) -> None:
    again = optimize(plain, tmp_path / "again")
    store = Store(FolderBlobs(tmp_path / "store"))
    facts: dict[str, Any] = {"image": None, "metrics": {}, "parity": {}, "provenance": {}}
    first, second = (store.publish("tiny", each, **facts) for each in (made, again))
    assert first.manifest.version == second.manifest.version
    assert (first.new, second.new) == (True, False)


@pytest.mark.parametrize(("name", "prefix"), [("optimized.onnx", "optimized.onnx: "), ("model.onnx", "")])
def test_the_gate_sees_each_graph(made: Candidate, plain: Candidate, name: str, prefix: str) -> None:
    session = open_session(plain.folder / "model.onnx", 1)
    samples = np.repeat(PIXELS, 64, axis=0)

    def source(inputs: Any) -> dict[str, Any]:
        return {"y": session.run({"x": Tensor.from_numpy(inputs["x"], FP32)}, ["y"])[0].numpy()}

    def report() -> Any:
        reference = Reference(source, {"x": samples}, None)
        return verify_graphs(
            made, lambda engine: verify_graph(made, reference, ParityConfig(), "", engine), open_session
        )

    passed = report()
    assert passed.failures == ()
    assert passed.samples == 128
    (made.folder / name).write_bytes((made.folder / name).read_bytes().replace(b"Relu", b"Tanh"))
    failures = report().failures
    assert failures
    assert all(failure.startswith(prefix) for failure in failures)
    assert name == "optimized.onnx" or not any(failure.startswith("optimized") for failure in failures)
