"""A function that streams, and the real clients that run it against a Runtime API of this machine."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight.local.http_integration import read_prelude
from pilotlight.local.runtime_api import RuntimeApi
from pilotlight_runtime import lambda_client
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.manifest_json import dump_manifest, version_of
from support.onnx_models import package_identity

STREAM = "/v2/models/tiny/generate_stream"
GENERATE = "/v2/models/tiny/generate"
START = str(Path(lambda_client.__file__).parent / "start.py")
OWN, AWS = (START,), ("-m", "awslambdaric", "app.handler")
"""The arguments that the interpreter gets."""

APP = """
import time
from pilotlight_runtime import InvalidRequest, Streaming, model_handler, texts_tensor

def prepare(model):
    def stream(inputs):
        try:
            for word in inputs["x"].elements[0].decode().split():
                if word == "refuse":
                    raise InvalidRequest("refused")
                if word == "fail":
                    raise ValueError("a canary")
                if word == "exit":
                    raise SystemExit(1)
                if word == "leave":
                    raise GeneratorExit
                if word == "shapeless":
                    yield {"y": inputs["x"], "z": inputs["x"]}
                if word == "nothing":
                    yield None
                if word.startswith("wait"):
                    time.sleep(float(word[4:]))
                (y,) = model.session.run({"x": texts_tensor([word])}, ("y",))
                yield {"y": y}
        finally:
            print("ended", flush=True)

    def predict(inputs):
        return {"y": inputs["x"]}

    return Streaming(predict, stream)

handler = model_handler(__file__, prepare=prepare)
"""


def package_streaming(folder: Path, *, stream: bool = True, app: str = APP) -> Manifest:
    """Writes a function whose model takes texts `x` and gives texts `y`; it streams one text word by word."""
    manifest = package_identity(folder, "BYTES", (-1,))._replace(stream=stream)
    manifest = manifest._replace(version=version_of(manifest))
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    (folder / "app.py").write_text(app)
    return manifest


def request(path: str, document: object = None, *, method: str = "", **headers: str) -> dict[str, Any]:
    """A REST event. document: bytes as they are, everything else as JSON; None for no body."""
    body = document if isinstance(document, bytes | None) else json.dumps(document).encode()
    return {
        "httpMethod": method or ("GET" if body is None else "POST"),
        "path": path,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
        "requestContext": {"extendedRequestId": "gateway-1", "requestId": "of-the-caller"},
    }


def read_events(body: bytes) -> list[dict[str, Any]]:
    """The documents of server-sent events."""
    assert body.endswith(b"\n\n") or not body
    events = [event.removeprefix(b"data: ") for event in body.split(b"\n\n")[:-1]]
    return [json.loads(event) for event in events]


class Streamed(NamedTuple):
    """A response that was streamed whole."""

    prelude: dict[str, Any]
    body: bytes


def read_stream(response: bytes) -> Streamed:
    """Splits a streamed response at its eight NUL bytes."""
    prelude, body = read_prelude(iter([response]))
    return Streamed(prelude, body)


class RunningFunction(NamedTuple):
    """A function in a process. log: the file with what it prints."""

    api: RuntimeApi
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def records(self) -> list[dict[str, Any]]:
        """The log lines of requests."""
        return [line for line in self.lines() if line.get("message") == "request"]


@contextmanager
def running(folder: Path, client: tuple[str, ...] = OWN) -> Iterator[RunningFunction]:
    """Starts the function in `folder` with a client, and ends it with the block."""
    log = folder / "log.txt"
    flags = ("-I", "-S", "-u") if client is OWN else ("-u",)
    with RuntimeApi() as api, log.open("wb") as output:
        environ = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
            "_HANDLER": "app.handler",
        }
        command = [sys.executable, *flags, *client]
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=output, stderr=output)
        try:
            assert api.wait_until_initialized(30) is None, log.read_text()
            yield RunningFunction(api, log)
        finally:
            process.kill()
            process.wait()
