"""Large weights whose digest is checked after the first answer: when, and what happens where it is another."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock
from pilotlight.local.runtime_api import RuntimeApi
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime import lambda_client
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch, LoadError, MissingArtifact
from pilotlight_runtime.late_checks import CLIENT, LARGE, REASON, LateChecks, check_late
from pilotlight_runtime.loading import open_model
from pilotlight_runtime.manifest import MODEL_NAME, ArtifactFile, Loading, Manifest
from pilotlight_runtime.manifest_json import load_manifest
from pilotlight_runtime.paths import StrPath

COLUMNS = 1024
ROWS = LARGE // (4 * COLUMNS) + 1
ON_DEMAND = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
APP = "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n"


def save_table(folder: Path) -> None:
    """A table of LARGE bytes in a file of its own, of which the graph reads rows."""
    table = numpy_helper.from_array(np.arange(ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS), "table")
    node = helper.make_node("Gather", ["table", "x"], ["y"])
    ends = [("x", TensorProto.INT64, ["n"]), ("y", TensorProto.FLOAT, ["n", COLUMNS])]
    inputs, outputs = ([helper.make_tensor_value_info(*end)] for end in ends)
    graph = helper.make_graph([node], "table", inputs, outputs, [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / MODEL_NAME, save_as_external_data=True, location="weights.bin")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    save_table(folder)
    loading = Loading(MODEL_NAME, "", "a table", {})
    candidate = Candidate(folder, read_signature(folder / MODEL_NAME), loading)
    into = tmp_path_factory.mktemp("function")
    store = Store(FolderBlobs(into / "store"))
    done = store.publish("table", candidate, image=None, metrics={}, parity={}, provenance={})
    store.fetch("table", Lock(done.manifest.version, done.manifest_sha256), into / "code")
    (into / "code" / "app.py").write_text(APP)
    return into / "code"


@pytest.fixture
def damaged(published: Path, tmp_path: Path) -> Path:
    """The function with one other bit in its last weight."""
    folder = tmp_path / "damaged"
    shutil.copytree(published, folder)
    with (folder / "weights.bin").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    return folder


@pytest.fixture
def weights(published: Path) -> ArtifactFile:
    manifest: Manifest = load_manifest((published / "manifest.json").read_bytes())
    return next(file for file in manifest.files if file.name == "weights.bin")


class NotedSession:
    """A session that notes its runs."""

    def __init__(self, path: StrPath, threads: int) -> None:
        self._session = open_session(path, threads)
        self.signature = self._session.signature
        self.runs = 0

    def run(self, inputs: Any, outputs: Any) -> Any:
        self.runs += 1
        return self._session.run(inputs, outputs)


def test_a_start_that_a_caller_waits_for_runs_nothing_on_zeros(published: Path) -> None:
    manifest: Manifest = load_manifest((published / "manifest.json").read_bytes())
    for late, runs in ((None, 1), (LateChecks(), 0)):
        model = open_model(str(published), manifest, NotedSession, 1, late=late)  # type: ignore[arg-type]
        assert model.session.runs == runs  # type: ignore[attr-defined]


class ClosedSession:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def close(self, reason: str = "") -> None:
        self.reasons.append(reason)


def late(session: ClosedSession, warnings: list[Any], share: float = 1.0) -> LateChecks:
    checks = LateChecks(share, lambda: 1000.0)
    checks.sessions = [session]  # type: ignore[list-item]
    checks.warn = lambda _message, cause: warnings.append(type(cause))
    return checks


def test_right_weights_pass_once_there_is_time(published: Path, weights: ArtifactFile) -> None:
    session, warnings = ClosedSession(), []
    checks = late(session, warnings, share=2.0)
    assert checks.put_off(str(published), weights)
    needed = weights.size / 2**20 * 3 * 2
    assert not checks(int(1_000_000 + needed) - 1)
    assert checks(int(1_000_000 + needed) + 1)
    assert checks(0), "there is no more to do"
    assert (session.reasons, warnings) == ([], [])


def test_other_weights_close_the_graphs(damaged: Path, weights: ArtifactFile) -> None:
    session, warnings = ClosedSession(), []
    checks = late(session, warnings)
    assert checks.put_off(str(damaged), weights)
    assert checks(2_000_000)
    assert checks(2_000_000)
    assert (session.reasons, warnings) == ([REASON], [ChecksumMismatch])


def test_weights_that_have_gone_close_the_graphs(damaged: Path, weights: ArtifactFile) -> None:
    session, warnings = ClosedSession(), []
    checks = late(session, warnings)
    assert checks.put_off(str(damaged), weights)
    (damaged / "weights.bin").unlink()
    assert checks(2_000_000)
    assert (session.reasons, warnings) == ([REASON], [MissingArtifact])


def test_small_files_are_not_put_off_and_sizes_are_looked_at_now(damaged: Path, weights: ArtifactFile) -> None:
    checks = LateChecks()
    assert not checks.put_off(str(damaged), weights._replace(size=LARGE - 1))
    with pytest.raises(LoadError, match=f"has {weights.size} bytes, but manifest.json says {weights.size + 1}"):
        checks.put_off(str(damaged), weights._replace(size=weights.size + 1))
    with pytest.raises(MissingArtifact):
        checks.put_off(str(damaged), weights._replace(name="other.bin"))


class Client:
    def __init__(self) -> None:
        self.after_response: list[Any] = []


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start", ""])
def test_starts_that_nobody_waits_for_check_at_once(kind: str) -> None:
    client = Client()
    assert check_late({**ON_DEMAND, "AWS_LAMBDA_INITIALIZATION_TYPE": kind}, {CLIENT: client}) is None
    assert client.after_response == []


def test_the_client_gets_the_checks_and_another_client_does_not() -> None:
    client = Client()
    assert [check_late(ON_DEMAND, {CLIENT: client})] == client.after_response
    assert check_late(ON_DEMAND, {}) is None


class Running:
    def __init__(self, api: RuntimeApi, process: subprocess.Popen[bytes], log: io.FileIO) -> None:
        self._api = api
        self._process = process
        self._log = Path(str(log.name))

    def ask(self, row: int) -> tuple[int, Any]:
        """The status and the document of an answer."""
        event = {
            "httpMethod": "POST",
            "path": "/v2/models/table/infer",
            "body": json.dumps({"inputs": [{"name": "x", "datatype": "INT64", "shape": [1], "data": [row]}]}),
        }
        with self._api.invoke(json.dumps(event).encode(), timeout=60) as invocation:
            answer = json.loads(invocation.read().body)
        return answer["statusCode"], json.loads(answer["body"])

    def log(self) -> str:
        return self._log.read_text()

    def ended(self) -> bool:
        ends = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < ends:
            time.sleep(0.01)
        return self._process.poll() is not None


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
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(start)], env=variables, stdout=output, stderr=output
        )
        try:
            yield Running(api, process, output)
        finally:
            process.kill()
            process.wait()


def test_a_sound_function_answers_before_and_after_its_check(published: Path, tmp_path: Path) -> None:
    with running(published, tmp_path / "log") as function:
        for row in (0, 5, ROWS - 1):
            status, document = function.ask(row)
            assert status == 200
            assert document["outputs"][0]["data"][0] == row * COLUMNS
        assert "published" not in function.log()


def test_a_function_with_other_weights_answers_nothing_after_its_first_answer(damaged: Path, tmp_path: Path) -> None:
    with running(damaged, tmp_path / "log") as function:
        assert function.ask(0)[0] == 200
        for _ in range(2):
            status, document = function.ask(0)
            assert status == 500
            assert document["error"] == REASON
        assert "sha256" in function.log() or "ChecksumMismatch" in function.log()


def test_the_same_function_does_not_start_where_nobody_waits(damaged: Path, tmp_path: Path) -> None:
    kind = {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}
    with running(damaged, tmp_path / "log", **kind) as function:
        assert function.ended()
        assert "package the model again" in function.log()


def test_weights_that_are_cut_off_do_not_start(damaged: Path, tmp_path: Path) -> None:
    os.truncate(damaged / "weights.bin", LARGE)
    with running(damaged, tmp_path / "log") as function:
        assert function.ended()
        assert f"has {LARGE} bytes, but manifest.json says" in function.log()
