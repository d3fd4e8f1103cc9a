"""SnapStart as Lambda plays it: AWS's own runtime client, and a stand-in for the Runtime API that it asks.

Source: Lambda Developer Guide, "Lambda runtime API" and "Implement code before or after Lambda function snapshots".
"""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.onnx_models import identity_model, package, spec

from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

SEED = 1
APP = f"""
import random
import sys
from pilotlight_runtime.handler import model_handler

random.seed({SEED})

def predict(session, inputs):
    print("drawn", random.random(), flush=True)
    if not any(inputs["x"].buffer):
        raise ValueError("zeros are not for this model")
    return dict(zip(["y"], session.run(inputs, ["y"])))

handler = model_handler(__file__, predict=predict)
loaded = sys.modules.keys()
print("loaded", "orjson" in loaded, "PIL.Image" in loaded, flush=True)
"""
EVENT = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [0.5]}]}


class RuntimeApi(ThreadingHTTPServer):
    """Plays restore/next, then one invocation, then waits. At each step it keeps what the function has written."""

    def __init__(self, log: Path) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.log = log
        self.asked: list[tuple[str, list[str]]] = []
        self.answer: Any = None
        self.answered = threading.Event()
        self.over = threading.Event()

    def note(self, path: str) -> None:
        self.asked.append((path.removeprefix("/2018-06-01/runtime/"), self.log.read_text().splitlines()))


class Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        self.server.note(self.path)
        if self.path.endswith("/restore/next"):
            self.reply(b"")
        elif self.server.answered.is_set():
            self.server.over.wait(60)
            self.close_connection = True
        else:
            self.reply(json.dumps(EVENT).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.note(self.path)
        self.server.answer = json.loads(body)
        self.reply(b"", 202)
        self.server.answered.set()

    def reply(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        # The client dereferences a null pointer where any of these headers is missing.
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:tiny")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Requests are in `asked`."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeApi]:
    folder = tmp_path_factory.mktemp("function")
    ends = ((spec("x", "FP32", (1, 1)),), (spec("y", "FP32", (1, 1)),))
    image = ImageInput("x", 1, 1, 1, 1.0, 0.0, "NHWC")
    package(folder, identity_model("FP32", (1, 1)), Signature(*ends), image=image)
    (folder / "app.py").write_text(APP)
    log = folder / "stdout"
    log.touch()
    api = RuntimeApi(log)
    serving = threading.Thread(target=api.serve_forever)
    serving.start()
    environ = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "PYTHONPATH": str(folder),
    }
    command = [sys.executable, "-m", "awslambdaric", "app.handler"]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environ, cwd=folder) as client:
        try:
            assert api.answered.wait(60), log.read_text()
            yield api
        finally:
            client.kill()
            api.over.set()
            api.shutdown()
            serving.join()
            api.server_close()


def lines_with(text: str, lines: list[str]) -> list[str]:
    return [line for line in lines if text in line]


def test_the_client_asks_in_lambdas_order(played: RuntimeApi) -> None:
    paths = [path for path, _ in played.asked[:3]]
    assert paths == ["restore/next", "invocation/next", "invocation/request-1/response"]
    assert played.answer["outputs"][0]["data"] == [0.5]


def test_the_model_has_run_before_the_snapshot(played: RuntimeApi) -> None:
    _, before = played.asked[0]
    assert len(lines_with("drawn", before)) == 1
    assert len(lines_with("the model failed on zeros", before)) == 1


def test_what_a_first_caller_would_wait_for_is_in_the_snapshot(played: RuntimeApi) -> None:
    _, before = played.asked[0]
    assert lines_with("loaded", before) == ["loaded True True"]


def test_what_is_unique_is_made_anew_after_the_restore(played: RuntimeApi) -> None:
    _, before = played.asked[0]
    _, after = played.asked[2]
    frozen = json.loads(lines_with("the model failed on zeros", before)[0])
    first = json.loads(lines_with('"message":"request"', after)[0])
    assert first["instance"] != frozen["instance"]
    assert first["cold"]
    twin = random.Random(SEED)  # noqa: S311  (what every restored environment would draw)
    drawn = [float(line.split()[1]) for line in lines_with("drawn", after)]
    assert drawn[0] == twin.random()
    assert drawn[1] != twin.random()
