"""No control character of a model, of an endpoint or of a request reaches the terminal."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.onnx_models import identity_model, spec
from support.project import Desk, new_project
from support.serve_process import served
from support.store import publish

from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock, write_lock
from pilotlight.local.endpoint import HttpEndpoint
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.signature import Signature

HOSTILE = "x\x1b]0;title\x07\x9b31m\r"
ESCAPED = "x\\x1b]0;title\\x07\\x9b31m\\r"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("project"))
    publish_hostile(desk)
    return desk


def publish_hostile(desk: Desk) -> None:
    """Puts a version with such names into the store, and pins it. `import` would refuse the file."""
    desk.imported("hostile", identity_model("FP32", (1,)))
    folder = desk.root / "candidate"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(identity_model("FP32", (1,), name=HOSTILE, output=f"y{HOSTILE}"))
    signature = Signature((spec(HOSTILE, "FP32", (1,)),), (spec(f"y{HOSTILE}", "FP32", (1,)),))
    published = publish(Store(FolderBlobs(desk.root / "the-store")), Candidate(folder, signature), "hostile")
    lock = Lock(published.manifest.version, published.manifest_sha256)
    write_lock(desk.root / "functions" / "hostile" / "model.lock", lock)


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An endpoint whose errors hold control characters."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = json.dumps({"error": HOSTILE}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def controls(text: str) -> set[str]:
    return {each for each in text if not each.isprintable()} - {"\n"}


def test_show_and_models_and_check(desk: Desk) -> None:
    shown = desk("show", "hostile")
    assert "x\\x1b]0;title" in shown.out  # rich drops BEL and CR by itself
    for ran in (shown, desk("models"), desk("check"), desk("show", "hostile", "--json")):
        assert controls(ran.out + ran.err) == set()


def test_invoke(desk: Desk, tmp_path: Path, endpoint: str) -> None:
    (tmp_path / "list.json").write_text("[1.0]")
    for options in ([], ["--raw"], ["--url", endpoint]):
        ran = desk("invoke", "hostile", "--json", str(tmp_path / "list.json"), *options)
        assert ("\\u001b" if "--raw" in options else "\\x1b") in ran.out + ran.err
        assert controls(ran.out + ran.err) == set()


def test_an_error_that_names_a_file(desk: Desk, tmp_path: Path) -> None:
    ran = desk("invoke", "hostile", "--json", str(tmp_path / f"{HOSTILE}.json"))
    assert ESCAPED in ran.err
    assert controls(ran.err) == set()


def test_serve(desk: Desk) -> None:
    with served(desk.root) as running:
        client = HttpEndpoint(running.address, None)
        body = {"inputs": [{"name": HOSTILE, "datatype": "FP32", "shape": [1], "data": [1]}]}
        assert client.send("POST", "/v2/models/hostile/infer", {}, json.dumps(body).encode()).status == 200
        body["inputs"][0]["name"] = "other\x1b[31m"
        assert client.send("POST", "/v2/models/hostile/infer", {}, json.dumps(body).encode()).status == 400
    log = running.log.read_text()
    assert '"level":"INFO"' in log
    assert controls(log) == set()


NOISY = r"""
import os, sys
os.write(1, b"native \x1b[31m\r\n")
print("python \x1b[32m", file=sys.stderr)
from pilotlight_runtime import model_handler
handler = model_handler(__file__)
"""


def test_what_an_app_writes_past_python(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    desk.imported("noisy", identity_model("FP32", (1,)))
    (tmp_path / "functions" / "noisy" / "app.py").write_text(NOISY)
    (tmp_path / "list.json").write_text("[1.0]")
    (tmp_path / "other.onnx").write_bytes(identity_model("FP32", (-1,)))
    said = []
    for argv in (["invoke", "noisy", "--json", "list.json"], ["import", "other.onnx", "--name", "noisy"]):
        ran = desk(*argv)
        assert ran.code == 0, ran.err
        assert "native" not in ran.out
        said.append(ran.err)
    with served(desk.root) as running:
        pass
    for text in (*said, running.log.read_text()):
        assert "native \\x1b[31m\\r" in text
        assert "python \\x1b[32m" in text
        assert controls(text) == set()
