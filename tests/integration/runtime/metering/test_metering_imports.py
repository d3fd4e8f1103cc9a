"""What metering imports where it is on, and that it does so only there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.captures import set_capture
from support.onnx_models import package_identity
from support.tenants import TENANT, Table, make_item, new_key

import pilotlight_runtime

ASK = """
import sys
sys.path[:0] = sys.argv[2:]
from app import handler
event = {"httpMethod": "POST", "path": "/v2/models/tiny/infer", "headers": {"x-api-key": sys.argv[1]},
         "body": '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}]}', "requestContext": {}}
answer = handler(event, None)
assert answer["statusCode"] == 200, answer
print()
print(*sorted(sys.modules))
"""
HEAVY = {
    "asyncio", "boto3", "botocore", "dataclasses", "email", "enum", "hashlib", "hmac", "http", "http.client", "json",
    "logging", "re", "socket", "sqlite3", "ssl", "threading", "typing", "urllib", "_hashlib",
}  # fmt: skip
KEY = new_key()


@pytest.fixture
def function(tmp_path: Path) -> Path:
    package_identity(tmp_path, "FP32", (1,))
    (tmp_path / "app.py").write_text(
        "from pilotlight_runtime import model_handler\n\nhandler = model_handler(__file__)\n"
    )
    return tmp_path


def imported(function: Path, environ: dict[str, str]) -> set[str]:
    engine = find_spec("onnxruntime")
    assert engine is not None
    paths = [
        str(function),
        str(Path(pilotlight_runtime.__file__).parents[1]),
        str(Path(engine.origin or "").parents[1]),
    ]
    lambda_environ = {**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **environ}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ASK, KEY, *paths],
        check=True,
        capture_output=True,
        text=True,
        env=lambda_environ,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_metering_imports_no_heavy_module_besides_tls(function: Path, moto: Table) -> None:
    moto.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=5))
    off, on = imported(function, {}), imported(function, moto.environ)
    more = on - off
    assert not more & HEAVY
    assert moto.get(TENANT)["day_left"] == 4
    assert not [name for name in off if "metering" in name or name == "pilotlight_runtime.aws_signature"]
    ours = {name for name in more if name.startswith("pilotlight_runtime.")}
    assert more - ours <= {"_socket", "binascii"}


def test_captures_are_imported_only_where_the_model_and_the_stack_have_them(function: Path, moto: Table) -> None:
    moto.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=50))
    on, with_bucket = ({**moto.environ, "PILOTLIGHT_CAPTURES": where} for where in ("", "s3://bucket"))
    metered = imported(function, moto.environ)
    assert metered == imported(function, on)
    assert imported(function, with_bucket) - metered <= {"pilotlight_runtime.assets"}
    set_capture(function, {"share": 1e-9, "days": 30})
    assert metered == imported(function, on)
    captured = imported(function, with_bucket)
    assert "pilotlight_runtime.metering.captures.sampling" in captured
    assert (captured - metered) & HEAVY <= {"_hashlib"}  # libcrypto comes with it
    assert not [name for name in imported(function, {"PILOTLIGHT_CAPTURES": "s3://bucket"}) if "capture" in name]


@pytest.mark.parametrize("environ", [{}, {"PILOTLIGHT_SERVICE_TABLE": ""}])
def test_without_a_table_nothing_is_metered(function: Path, environ: dict[str, str]) -> None:
    assert not [name for name in imported(function, environ) if "metering" in name]
