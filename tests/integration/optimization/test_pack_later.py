"""Answer first, pack later: which graphs, and what a session and a function do before, during and after."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.dense_network import WEIGHT_BYTES, WIDTH, dense_network

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate, Reference
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ParityConfig
from pilotlight.local.runtime_api import RuntimeApi
from pilotlight.optimization import optimize
from pilotlight.optimization.packing import count_packed_bytes
from pilotlight.store import FolderBlobs, Store
from pilotlight.verification.graphs import verify_graph, verify_graphs
from pilotlight_runtime import lambda_client
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.deferred_packing import CLIENT, DeferredPacking, defer_packing
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.manifest_json import load_manifest
from pilotlight_runtime.tensor import Tensor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells whether the weights are still mapped")

X = np.random.default_rng(17).standard_normal((8, WIDTH), np.float32)
ON_DEMAND = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
APP = """
from pilotlight_runtime import model_handler
handler = model_handler(__file__)
"""
WITHOUT_MEMORY = """
import resource
with open("/proc/self/statm") as file:
    used = int(file.read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (used + 24 * 2**20, resource.RLIM_INFINITY))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    folder = tmp_path_factory.mktemp("dense")
    (folder / "plain").mkdir()
    onnx.save(dense_network(), folder / "plain" / "model.onnx")
    return optimize(Candidate(folder / "plain", read_signature(folder / "plain" / "model.onnx")), folder / "optimized")


@pytest.fixture(scope="module")
def function(made: Candidate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("function")
    store = Store(FolderBlobs(into / "store"))
    done = store.publish("dense", made, image=None, metrics={}, parity={}, provenance={})
    store.fetch("dense", Lock(done.manifest.version, done.manifest_sha256), into / "code")
    (into / "code" / "app.py").write_text(APP)
    return into / "code"


@pytest.fixture
def manifest(function: Path) -> Manifest:
    return load_manifest((function / "manifest.json").read_bytes())


def run(session: Any, x: np.ndarray[Any, Any] = X) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = session.run({"x": Tensor.from_numpy(x, FP32)}, ["y"])[0].numpy()
    return found


def mapped_weights(pid: int | str = "self") -> int:
    """Bytes of the weights' file that a process has mapped: all of it before packing, hardly any of it afterwards."""
    total = 0
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("weights.bin"):
            first, last = line.split()[0].split("-")
            total += int(last, 16) - int(first, 16)
    return total


# --- which graphs ---


def test_a_graph_of_large_products_is_packed_later(made: Candidate, manifest: Manifest) -> None:
    assert made.loading is not None
    assert made.loading.pack_later
    assert manifest.loading == made.loading


def rewired(kind: str, domain: str, place: int = 1, **attributes: Any) -> onnx.ModelProto:
    """The network with one more node that reads large weights."""
    model = dense_network()
    inputs = ["m", "first"] if place == 1 else ["first", "m"]
    model.graph.node.insert(1, helper.make_node(kind, inputs, ["other"], domain=domain, **attributes))
    return model


@pytest.mark.parametrize(
    ("kind", "domain"),
    [
        ("MatMulNBits", "com.microsoft"),
        ("MatMulInteger", ""),
        ("DequantizeLinear", ""),
        ("GRU", ""),
        ("Conv", ""),
        ("Invented", "app"),
    ],
)
def test_other_readers_of_large_weights_are_packed_at_once(kind: str, domain: str) -> None:
    assert count_packed_bytes(rewired(kind, domain)) == 0


def test_tables_and_sums_do_not_matter() -> None:
    assert count_packed_bytes(rewired("Gather", "", place=0)) == WEIGHT_BYTES
    assert count_packed_bytes(rewired("Add", "")) == WEIGHT_BYTES


def test_half_precision_and_branches_are_packed_at_once() -> None:
    model = dense_network()
    half = numpy_helper.to_array(model.graph.initializer[0]).astype(np.float16)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(half, "first"))
    assert count_packed_bytes(model) == 0
    branch = helper.make_graph(
        [helper.make_node("Identity", ["m"], ["b"])],
        "branch",
        [],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, None)],
    )
    assert count_packed_bytes(rewired("If", "", then_branch=branch, else_branch=branch)) == 0


def test_several_graphs_behind_an_app_are_packed_at_once(made: Candidate, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    onnx.save(dense_network(), tmp_path / "one" / "model.onnx")
    part = Candidate(tmp_path / "one", made.signature)
    several = optimize(Candidate(tmp_path, made.signature, parts={"one": part}), tmp_path / "into")
    loading = several.parts["one"].loading
    assert loading is not None
    assert (loading.graph, loading.pack_later) == ("optimized.onnx", False)


# --- the gate ---


def test_the_gate_compares_unpacked_answers_too(made: Candidate) -> None:
    session = open_session(made.folder / "model.onnx", 1)
    config = ParityConfig()

    def gate(broken: str) -> tuple[str, ...]:
        def opener(*, packed: bool) -> Any:
            def opens(path: Any, threads: int) -> Any:
                found = open_session(path, threads, packed=packed)
                return Wrong(found) if broken == f"{Path(path).name} {packed}" else found

            return opens

        def verify(opens: Any) -> Any:
            reference = Reference(lambda inputs: {"y": run(session, inputs["x"])}, {"x": X}, None)
            return verify_graph(made, reference, config, "", opens)

        return verify_graphs(made, verify, opener(packed=True), opener(packed=False)).failures

    assert gate("") == ()
    failures = gate("optimized.onnx False")
    assert failures
    assert all(failure.startswith("optimized.onnx with unpacked weights: ") for failure in failures)


class Wrong:
    """A session whose answers are off."""

    def __init__(self, session: OrtSession) -> None:
        self._session = session
        self.signature = session.signature

    def run(self, inputs: Any, outputs: Any) -> list[Tensor]:
        return [Tensor.from_numpy(each.numpy() + 1, FP32) for each in self._session.run(inputs, outputs)]


# --- a session ---


def test_packed_and_unpacked_sessions_agree_and_pack_lets_the_file_go(function: Path) -> None:
    packed = run(open_session(function / "optimized.onnx", 1))
    session = open_session(function / "optimized.onnx", 1, packed=False)
    before = mapped_weights()
    assert before >= WEIGHT_BYTES
    unpacked = run(session)
    np.testing.assert_allclose(unpacked, packed, rtol=1e-4, atol=1e-5)
    session.pack()
    assert mapped_weights() <= before - WEIGHT_BYTES
    assert np.array_equal(run(session), packed)


def test_requests_are_answered_while_the_session_packs(function: Path) -> None:
    session = open_session(function / "optimized.onnx", 1, packed=False)
    expected, done, answers = run(session), threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            answers.append(run(session))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    session.pack()
    done.set()
    for thread in threads:
        thread.join()
    answers.append(run(session))
    for answer in answers:
        np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-5)


def test_a_session_that_is_closed_stays_closed(function: Path) -> None:
    session = open_session(function / "optimized.onnx", 1, packed=False)
    session.close()
    session.pack()
    with pytest.raises(Exception, match="the session is closed"):
        run(session)


@pytest.fixture
def broken(function: Path, tmp_path: Path) -> Path:
    """A copy of the function's graph, to be damaged."""
    for name in ("optimized.onnx", "weights.bin"):
        (tmp_path / name).write_bytes((function / name).read_bytes())
    return tmp_path / "optimized.onnx"


def test_a_session_that_cannot_pack_goes_on_unpacked(broken: Path) -> None:
    session = open_session(broken, 1, packed=False)
    expected = run(session)
    broken.unlink()
    with pytest.raises(SessionError, match="cannot pack the weights"):
        session.pack()
    assert np.array_equal(run(session), expected)


# --- the decision of a function, and its clock ---


def test_packing_waits_for_an_invocation_with_enough_time(broken: Path) -> None:
    warnings: list[str] = []
    packing = DeferredPacking("optimized.onnx", 300, lambda: 1000.0)
    packing.warn = lambda message, _cause: warnings.append(message)
    session = packing.open(broken, 1)
    before = mapped_weights()
    assert not packing(1_000_299)
    assert mapped_weights() == before
    assert packing(1_000_300)
    assert mapped_weights() <= before - WEIGHT_BYTES
    assert warnings == []
    assert packing(1_000_300)  # there is no more to do
    run(session)


def test_packing_that_fails_is_reported_once_and_never_raises(broken: Path) -> None:
    def warn(message: str, cause: BaseException | None) -> None:
        warnings.append((message, type(cause)))
        raise ValueError("I/O operation on closed file")

    warnings: list[Any] = []
    packing = DeferredPacking("optimized.onnx", 0, lambda: 0.0)
    packing.warn = warn
    session = packing.open(broken, 1)
    broken.unlink()
    assert packing(1)
    assert packing(1)
    assert warnings == [("the weights stay unpacked, so that answers take longer", SessionError)]
    run(session)


class Client:
    def __init__(self) -> None:
        self.after_response: list[Any] = []


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}, "init is on no caller's way"),
        ({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}, "init is on no caller's way"),
        ({"AWS_LAMBDA_INITIALIZATION_TYPE": ""}, "not in Lambda"),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"}, "too little memory"),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "much"}, "not in Lambda"),
    ],
)
def test_other_starts_pack_at_once(manifest: Manifest, environ: dict[str, str], reason: str) -> None:
    client = Client()
    assert defer_packing(manifest, {**ON_DEMAND, **environ}, {CLIENT: client}, lambda: 60 << 20) is None, reason
    assert client.after_response == []


def test_the_client_gets_the_packing_and_another_client_does_not(manifest: Manifest) -> None:
    client = Client()
    assert [defer_packing(manifest, ON_DEMAND, {CLIENT: client}, lambda: 60 << 20)] == client.after_response
    assert defer_packing(manifest, ON_DEMAND, {}, lambda: 60 << 20) is None
    assert manifest.loading is not None
    at_once = manifest._replace(loading=manifest.loading._replace(pack_later=False))
    assert defer_packing(at_once, ON_DEMAND, {CLIENT: client}, lambda: 60 << 20) is None


# --- a whole function under the client, with Lambda's side of the Runtime API ---


class Running:
    def __init__(self, api: RuntimeApi, process: subprocess.Popen[bytes], log: io.FileIO) -> None:
        self.api = api
        self.process = process
        self._log = Path(str(log.name))

    def ask(self, *, deadline_ms: int | None = None) -> np.ndarray[Any, Any]:
        """The function's answer. deadline_ms: what it is told, None for the true one."""
        given = {"name": "x", "datatype": "FP32", "shape": list(X.shape), "data": X.ravel().tolist()}
        headers = [] if deadline_ms is None else [("Lambda-Runtime-Deadline-Ms", str(deadline_ms))]
        event = json.dumps({"inputs": [given]}).encode()
        with self.api.invoke(event, timeout=120, extra_headers=headers) as invocation:
            document = json.loads(invocation.read().body)
        return np.array(document["outputs"][0]["data"], np.float32).reshape(X.shape)

    def mapped(self) -> int:
        return mapped_weights(self.process.pid)

    def wait_until_packed(self) -> None:
        ends = time.monotonic() + 20
        while self.mapped() and time.monotonic() < ends:
            time.sleep(0.01)
        assert self.mapped() == 0

    def log(self) -> str:
        return self._log.read_text()


@contextmanager
def running(folder: Path, log: Path, **environ: str) -> Iterator[Running]:
    with RuntimeApi() as api, log.open("wb", buffering=0) as output:
        variables = {
            **ON_DEMAND,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "_HANDLER": "app.handler",
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **environ,
        }
        start = Path(lambda_client.__file__).parent / "start.py"
        command = [sys.executable, "-I", "-S", str(start)]
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
        try:
            yield Running(api, process, output)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def expected(function: Path) -> np.ndarray[Any, Any]:
    return run(open_session(function / "optimized.onnx", 1))


def near(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> bool:
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_function_answers_first_and_packs_before_its_next_event(
    function: Path, tmp_path: Path, expected: np.ndarray[Any, Any]
) -> None:
    with running(function, tmp_path / "log") as started:
        assert near(started.ask(deadline_ms=1), expected)  # too little time is left for packing
        assert near(started.ask(deadline_ms=1), expected)
        assert started.mapped() >= WEIGHT_BYTES
        assert near(started.ask(), expected)
        assert near(started.ask(), expected)  # it waits while the function packs
        assert started.mapped() == 0
        assert "stay unpacked" not in started.log()


def test_a_frozen_function_packs_when_it_goes_on(
    function: Path, tmp_path: Path, expected: np.ndarray[Any, Any]
) -> None:
    with running(function, tmp_path / "log") as started:
        assert near(started.ask(), expected)
        os.kill(started.process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(started.process.pid, signal.SIGCONT)
        assert near(started.ask(), expected)
        started.wait_until_packed()


def test_a_function_whose_memory_is_short_goes_on_unpacked(
    function: Path, tmp_path: Path, expected: np.ndarray[Any, Any]
) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    for name in ("manifest.json", "model.onnx", "optimized.onnx", "weights.bin"):
        os.link(function / name, folder / name)
    (folder / "app.py").write_text(APP + WITHOUT_MEMORY)
    with running(folder, tmp_path / "log") as started:
        for _ in range(3):
            assert near(started.ask(), expected)
        assert started.mapped() >= WEIGHT_BYTES
        assert started.log().count("the weights stay unpacked") == 1


@pytest.mark.parametrize(
    "environ",
    [{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"}, {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}],
)
def test_a_function_that_starts_otherwise_packs_before_its_first_answer(
    function: Path, tmp_path: Path, expected: np.ndarray[Any, Any], environ: dict[str, str]
) -> None:
    with running(function, tmp_path / "log", **environ) as started:
        assert near(started.ask(deadline_ms=1), expected)  # too little time for packing after the response
        assert started.mapped() == 0
