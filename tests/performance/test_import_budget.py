"""What a model's function imports on top of Lambda's runtime client: which modules, and how long they take."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.onnx_models import package_identity
from support.text_models import package_text

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

CLIENT = "awslambdaric.__main__"
ANSWER = f"""
import sys
sys.path.insert(0, sys.argv[1])
import {CLIENT}
client = set(sys.modules)
from app import handler
event = {{"inputs": [{{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}}]}}
assert handler(event, None)["outputs"][0]["data"][0] in (0.5, 0.0)
import json
import os
print("\\n" + json.dumps(sorted(set(sys.modules) - client)))
"""

TEXT = '"name": "text", "datatype": "BYTES", "shape": [1], "data": ["funny"]'

STANDARD = {"binascii", "ctypes", "struct", "app"}
HELPERS = {"_ctypes", "_struct", "ctypes._endian", "_hashlib", "__future__"}
"""What those need, some in one Python version alone."""

ROOT = ("", "background", "datatypes", "digest", "entry", "errors", "events", "graph_loading", "handler", "inference")
ROOT += (
    "integrity",
    "light_typing",
    "limits",
    "line_observer",
    "loading",
    "manifest",
    "manifest_json",
    "messages",
    "observer",
)
ROOT += ("paths", "service", "session", "signature", "snapstart", "startup", "tensor", "types", "warm_up")
ENGINE = ("", "abi", "graph_signature", "heap", "host", "library", "ort_session", "plan", "start", "values")
PROTOCOL = ("", "binary_tensors", "compression", "http", "json_codec", "json_documents", "json_tensors")
PROTOCOL += ("oip_request", "oip_response", "routes", "server_metadata")


def _modules(package: str, names: tuple[str, ...]) -> set[str]:
    return {f"{package}.{name}" if name else package for name in names}


OURS = {
    *_modules("pilotlight_runtime", ROOT),
    *_modules("pilotlight_runtime.engine", ENGINE),
    *_modules("pilotlight_runtime.protocol", PROTOCOL),
}


@pytest.fixture
def function(tmp_path: Path) -> Path:
    package_identity(tmp_path, "FP32", (1,))
    (tmp_path / "app.py").write_bytes((Path(__file__).parents[2] / "functions" / "digits" / "app.py").read_bytes())
    return tmp_path


def test_the_modules_of_a_cold_start_are_these(function: Path) -> None:
    assert added_modules(ANSWER, function) == STANDARD | OURS


def test_a_function_of_texts_imports_the_text_modules_besides_and_no_numpy(tmp_path: Path) -> None:
    package_text(tmp_path)
    answer = ANSWER.replace('"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]', TEXT)
    more = _modules("pilotlight_runtime.text", ("", "tokens", "tensors", "classifier")) | {"pilotlight_runtime.assets"}
    assert added_modules(answer, tmp_path) == STANDARD | OURS | more


def added_modules(answer: str, folder: Path) -> set[str]:
    """The modules that a function imports on top of the client's, in an environment like Lambda's."""
    environ = {**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
    command = [sys.executable, "-c", answer, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return set(json.loads(done.stdout.splitlines()[-1])) - HELPERS


IMPORTS = f"""
import json, sys, time
began = time.perf_counter()
import {CLIENT}
client = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
print(json.dumps([client - began, time.perf_counter() - client]))
"""


def test_imports_take_about_as_long_as_the_runtime_clients() -> None:
    """The client's own imports, in the same processes, are the measure: they are what an empty function costs."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", IMPORTS, *sorted(STANDARD - {"app"} | OURS)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, env=environ).stdout) for _ in range(16)]
    client, ours = (min(side) for side in zip(*runs[1:], strict=True))
    assert ours < 1.5 * client, (ours, client)
