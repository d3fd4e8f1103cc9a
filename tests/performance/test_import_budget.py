"""What a function imports, counted from a bare interpreter (-I -S), as our own client starts it: everything counts."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.onnx_models import package_identity
from support.text_models import package_text

import pilotlight_runtime

BARE = (sys.executable, "-I", "-S", "-c")
ANSWER = """
import sys
bare = set(sys.modules)
sys.path[:0] = sys.argv[1:]
from app import handler
answer = handler({"httpMethod": "POST", "path": "/v2/models/tiny/infer", "body": %(body)r}, None)
assert answer["statusCode"] == 200, answer
print()
print(*sorted(set(sys.modules) - bare))
"""
NUMBER = '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}]}'
TEXT = '{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["funny"]}]}'

STANDARD = {"__future__", "_collections", "_ctypes", "_json", "_struct", "app", "atexit", "itertools", "struct"}
DIGEST = {"_sha2", "_sha256"}
"""One of them, by the version of Python."""

ROOT = ("", "background", "caching", "datatypes", "digest", "entry", "environment", "errors", "events")
ROOT += ("graph_loading", "handler", "inference", "integrity", "json_text", "late_imports", "light_typing", "limits")
ROOT += ("line_observer", "loading", "manifest", "manifest_json", "messages", "observer", "paths", "service", "session")
ROOT += ("signature", "snapstart", "startup", "tensor", "types", "warm_up")
ENGINE = ("", "abi", "c_types", "graph_signature", "heap", "host", "library", "ort_session", "plan", "start", "values")
PROTOCOL = ("", "binary_tensors", "compression", "http", "json_codec", "json_tensors")
PROTOCOL += ("oip_request", "oip_response", "routes", "server_metadata")


def _modules(package: str, names: tuple[str, ...]) -> set[str]:
    return {f"{package}.{name}" if name else package for name in names}


OURS = {
    *_modules("pilotlight_runtime", ROOT),
    *_modules("pilotlight_runtime.engine", ENGINE),
    *_modules("pilotlight_runtime.protocol", PROTOCOL),
}


def search_path(folder: Path) -> list[str]:
    """The function, the layer's two packages, and nothing else beside the standard library."""
    engine = find_spec("onnxruntime")
    assert engine is not None
    assert engine.origin is not None
    return [str(folder), str(Path(pilotlight_runtime.__file__).parents[1]), str(Path(engine.origin).parents[1])]


def imported(folder: Path, body: str) -> set[str]:
    """The modules that a function imports to answer `body`, in an environment like Lambda's."""
    environ = {**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
    command = [*BARE, ANSWER % {"body": body}, *search_path(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture
def function(tmp_path: Path) -> Path:
    package_identity(tmp_path, "FP32", (1,))
    (tmp_path / "app.py").write_bytes((Path(__file__).parents[2] / "functions" / "digits" / "app.py").read_bytes())
    return tmp_path


def test_the_modules_of_a_cold_start_are_these(function: Path) -> None:
    found = imported(function, NUMBER)
    assert found - DIGEST == STANDARD | OURS
    assert len(found & DIGEST) == 1


def test_a_function_of_texts_imports_the_text_modules_besides_and_no_numpy(tmp_path: Path) -> None:
    package_text(tmp_path)
    more = _modules("pilotlight_runtime.text", ("", "tokens", "tensors", "classifier")) | {"pilotlight_runtime.assets"}
    assert imported(tmp_path, TEXT) - DIGEST == STANDARD | OURS | more | {"binascii"}


IMPORTS = """
import sys, time
sys.path[:0] = sys.argv[1:4]
began = time.process_time()
import os, json
usual = time.process_time()
for name in sys.argv[4:]:
    __import__(name)
print(usual - began, time.process_time() - usual)
"""


def test_imports_take_about_as_long_as_two_of_the_standard_librarys(function: Path) -> None:
    """os and json, in the same processes, are the measure: they are what most functions begin with."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    names = sorted(STANDARD - {"app"} | OURS)
    command = [*BARE, IMPORTS, *search_path(function), *names]
    runs = [subprocess.run(command, check=True, capture_output=True, env=environ).stdout.split() for _ in range(16)]
    usual, ours = (min(map(float, side)) for side in zip(*runs[1:], strict=True))
    assert ours < 2.5 * usual, (ours, usual)
