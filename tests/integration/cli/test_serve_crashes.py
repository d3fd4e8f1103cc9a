"""`pilotlight serve`, `invoke` and the smoke test with functions that native code crashes, and signals at any time."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.project import Desk, new_project
from support.serve_process import Served, served

from pilotlight.bench.emulator import children
from pilotlight.local.endpoint import HttpEndpoint
from pilotlight.local.gateway import WebResponse

NAME = "adder"
OTHER = "other"


def division() -> str:
    """A graph that divides integers, in base64. ONNX Runtime divides -2**63 by -1 with an instruction that traps."""
    values = [helper.make_tensor_value_info(name, TensorProto.INT64, [1]) for name in "abc"]
    graph = helper.make_graph([helper.make_node("Div", ["a", "b"], ["c"])], "g", values[:2], values[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return base64.b64encode(model.SerializeToString()).decode()


HOOK = f"""
import base64, os, signal, time
import numpy as np
import onnxruntime
from pilotlight_runtime import model_handler

DIVIDE = onnxruntime.InferenceSession(base64.b64decode("{division()}"))

def predict(session, inputs):
    match int(inputs["a"].numpy().flat[0]):
        case 1: DIVIDE.run(None, {{"a": np.array([-2**63]), "b": np.array([-1])}})
        case 2: os.kill(os.getpid(), signal.SIGSEGV)
        case 3: os._exit(3)
        case 4: time.sleep(600)
    names = ["sum", "difference"]
    return dict(zip(names, session.run(inputs, names)))

handler = model_handler(__file__, predict=predict)
"""


def request(first: float) -> bytes:
    tensors = [{"name": n, "datatype": "FP32", "shape": [1, 3], "data": [first, 0, 0]} for n in "ab"]
    return json.dumps({"inputs": tensors}).encode()


def ask(running: Served, model: str, first: float) -> WebResponse:
    return HttpEndpoint(running.address, None).send("POST", f"/v2/models/{model}/infer", {}, request(first))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("project"))
    for name in (NAME, OTHER):
        desk.imported(name)
    (desk.root / "functions" / NAME / "app.py").write_text(HOOK)
    return desk


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is empty at first."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture(autouse=True)
def _hangup_is_not_ignored() -> Iterator[None]:
    """A test run that was started with nohup ignores SIGHUP, and so would the commands that it starts."""
    before = signal.signal(signal.SIGHUP, lambda *_: None)
    yield
    signal.signal(signal.SIGHUP, before)


def left_in(folder: Path) -> list[str]:
    """What is left there, but for a file that ONNX Runtime's library keeps for itself."""
    return sorted({path.name for path in folder.iterdir()} - {".ses"})


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(map(alive, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.01)


def test_a_native_crash_costs_one_request_and_is_named(desk: Desk, temporary: Path) -> None:
    with served(desk.root) as running:
        for first, how in ((1, "died of SIGFPE"), (2, "died of SIGSEGV"), (3, "ended with exit code 3")):
            crashed = ask(running, NAME, first)
            assert crashed.status == 500
            assert how in json.loads(crashed.body)["error"]
            assert ask(running, OTHER, first).status == 200
            assert ask(running, NAME, 0).status == 200
            assert f"function {NAME}: the function's process {how}; it is started again" in running.log.read_text()
        workers = descendants(running.process.pid)
        assert len(workers) == 4  # the template, two models, the catalog
    assert not left_in(temporary)
    wait_for_end(workers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_request_leaves_nothing(desk: Desk, temporary: Path, number: int) -> None:
    with served(desk.root) as running:
        workers = descendants(running.process.pid)
        address = running.address.removeprefix("http://")
        command = [sys.executable, "-c", f"import http.client as h; h.HTTPConnection('{address}').request('POST', "]
        command[2] += f"'/v2/models/{NAME}/infer', {request(4)!r}); input()"
        with subprocess.Popen(command, stdin=subprocess.PIPE) as client:
            time.sleep(0.7)
            running.process.send_signal(number)
            assert running.process.wait(30) == 130
            client.kill()
        assert "Traceback" not in running.log.read_text()
    assert not left_in(temporary)
    wait_for_end(workers)


@pytest.mark.parametrize(
    ("number", "delays"),
    [(signal.SIGINT, (0, 0.05, 0.3)), (signal.SIGTERM, (0.001, 0.1)), (signal.SIGHUP, (0.01, 0.2))],
)
def test_a_signal_at_any_moment_of_the_start_leaves_nothing(
    desk: Desk, temporary: Path, number: int, delays: tuple[float, ...]
) -> None:
    environ = {**os.environ, "PILOTLIGHT_STORE": str(desk.root / "the-store")}
    command = [sys.executable, "-m", "pilotlight", "serve", "--port", "0"]
    for delay in delays:
        with subprocess.Popen(
            command, cwd=desk.root, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            deadline = time.monotonic() + 30
            while not left_in(temporary) and time.monotonic() < deadline:
                pass
            time.sleep(delay)
            workers = descendants(process.pid)
            process.send_signal(number)
            process.send_signal(signal.SIGTERM)  # one more, in the middle of the cleaning
            _, said = process.communicate(timeout=30)
        assert (process.returncode, said) == (130, "")
        assert not left_in(temporary)
        wait_for_end(workers)


def test_the_processes_end_when_the_server_is_killed(desk: Desk, temporary: Path) -> None:
    with served(desk.root) as running:
        ask(running, NAME, 0)
        workers = descendants(running.process.pid)
        running.process.kill()
        running.process.wait(30)
        wait_for_end(workers)
    assert left_in(temporary)  # nobody was left to delete it


def test_invoke_names_a_native_crash(desk: Desk, tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "in.json").write_bytes(request(1))
    ran = desk("invoke", NAME, "--json", str(tmp_path / "in.json"))
    assert (ran.code, ran.out) == (1, "")
    assert "answered 500: the function's process died of SIGFPE" in ran.err
    assert not left_in(temporary)


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("import os\nos.kill(os.getpid(), 11)\n", "its process died of SIGSEGV while app.py was loaded"),
        (HOOK.replace("case 1:", "case 9:"), "with a sample as input, the function answers 500"),
    ],
)
def test_the_smoke_test_names_a_native_crash_and_nothing_is_published(
    tmp_path: Path, temporary: Path, app: str, told: str
) -> None:
    desk = new_project(tmp_path)
    desk.imported(NAME)
    (tmp_path / "functions" / NAME / "app.py").write_text(app)
    arrays = {name: np.full((1, 3), 9, np.float32) for name in ("a", "b")}
    np.savez(tmp_path / "golden.npz", **arrays, sum=arrays["a"] + arrays["b"], difference=arrays["a"] - arrays["b"])
    ran = desk("import", str(tmp_path / f"{NAME}.onnx"), "--name", NAME, "--golden", str(tmp_path / "golden.npz"))
    assert ran.code == 1
    assert told in ran.err
    assert "died of SIG" in ran.err
    assert "nothing was published" in ran.err
    assert not left_in(temporary)


def test_commands_say_which_function_takes_long_to_load(tmp_path: Path, temporary: Path) -> None:
    desk = new_project(tmp_path)
    desk.imported(NAME)
    app = tmp_path / "functions" / NAME / "app.py"
    app.write_text("import time\ntime.sleep(5.5)\n" + app.read_text())
    (tmp_path / "in.json").write_bytes(request(1))
    line = f"function {NAME} is still loading (app.py and its model); Ctrl-C ends this\n"
    for argv in (["invoke", NAME, "--json", "in.json", "--raw"], ["import", f"{NAME}.onnx", "--name", NAME, "--json"]):
        ran = desk(*argv)
        assert ran.code == 0, ran.err
        assert isinstance(ran.json, dict)
        assert ran.err.count(line) == 1
    assert not left_in(temporary)
