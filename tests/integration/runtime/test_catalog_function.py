import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pilotlight_runtime.catalog import catalog_handler
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog
from pilotlight_runtime.errors import ManifestError


def test_the_catalog_answers_and_logs(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(dump_catalog([CatalogEntry("tiny", "0123456789ab")]))
    log = io.StringIO()
    handler = catalog_handler(str(tmp_path / "app.py"), environ={}, stream=log)
    answer = handler({"path": "/v2/repository/index", "body": {"ready": True}}, None)
    assert json.loads(answer["body"]) == [{"name": "tiny", "version": "0123456789ab", "state": "READY", "reason": ""}]
    assert handler({"path": "/nothing"}, None)["statusCode"] == 404
    assert handler({"inputs": []}, None)["status"] == 404
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["status"] for line in lines if "status" in line] == [200, 404, 404]
    assert {line["model"] for line in lines} == {"catalog"}


def test_a_catalog_without_its_list_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"catalog\.json cannot be read"):
        catalog_handler(str(tmp_path / "app.py"))


def test_a_catalog_with_a_damaged_list_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(b"{")
    with pytest.raises(ManifestError, match="is malformed"):
        catalog_handler(str(tmp_path / "app.py"))


ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
TRACED = """
import sys
from pilotlight_runtime import catalog_handler
handler = catalog_handler(sys.argv[1] + "/app.py")
answer = handler({"path": "/v2/health/ready"}, None)
assert answer["statusCode"] == 200, answer
print("aws_xray_sdk" in sys.modules)
"""


@pytest.fixture
def daemon() -> Any:
    """A socket in the place of X-Ray's daemon, which every traced function has beside it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(20)
        yield listening


def run_traced(folder: Path, daemon: socket.socket, **environ: str) -> list[str]:
    """The lines of a catalog in a process of its own that answers one request, with Lambda's variables for X-Ray."""
    (folder / "catalog.json").write_bytes(dump_catalog([CatalogEntry("tiny", "0123456789ab")]))
    known = {"LAMBDA_TASK_ROOT": str(folder), "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}"}
    command = [sys.executable, "-c", TRACED, str(folder)]
    done = subprocess.run(
        command, env={**os.environ, **known, **environ}, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


def test_a_sampled_request_is_traced(tmp_path: Path, daemon: socket.socket) -> None:
    lines = run_traced(tmp_path, daemon, _X_AMZN_TRACE_ID=f"Root={ROOT};Parent={PARENT};Sampled=1")
    assert lines[-1] == "True"
    assert json.loads(lines[0])["xray_trace_id"] == ROOT
    header, _, document = daemon.recv(65_536).partition(b"\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    segment = json.loads(document)
    assert (segment["trace_id"], segment["parent_id"], segment["name"]) == (ROOT, PARENT, "## ready")
    assert segment["annotations"] == {"operation": "ready", "status": 200, "ColdStart": True}
    assert 0 < segment["end_time"] - segment["start_time"] < 10
    assert abs(segment["end_time"] - time.time()) < 60


@pytest.mark.parametrize("header", ["", f"Root={ROOT};Parent={PARENT};Sampled=0"])
def test_other_requests_cost_no_import_of_the_tracer(tmp_path: Path, daemon: socket.socket, header: str) -> None:
    assert run_traced(tmp_path, daemon, _X_AMZN_TRACE_ID=header)[-1] == "False"
    daemon.settimeout(0.1)
    with pytest.raises(TimeoutError):
        daemon.recv(65_536)


BLOCKED = """
import sys
sys.modules[sys.argv[2]] = None
from pilotlight_runtime import LoadError, catalog_handler
try:
    handler = catalog_handler(sys.argv[1] + "/app.py")
except LoadError as error:
    sys.exit(str(error))
for _ in range(2):
    assert handler({"path": "/v2"}, None)["statusCode"] == 200
"""


def run_without(folder: Path, missing: str) -> subprocess.CompletedProcess[str]:
    """A catalog whose request is sampled, in a process that cannot import the package `missing`."""
    (folder / "catalog.json").write_bytes(dump_catalog([]))
    environ = {**os.environ, "_X_AMZN_TRACE_ID": f"Root={ROOT};Parent={PARENT};Sampled=1"}
    command = [sys.executable, "-c", BLOCKED, str(folder), missing]
    return subprocess.run(command, env=environ, check=False, capture_output=True, text=True)


def test_a_catalog_without_powertools_does_not_start(tmp_path: Path) -> None:
    done = run_without(tmp_path, "aws_lambda_powertools")
    assert done.returncode == 1
    assert "name aws-lambda-powertools, jmespath and typing-extensions in functions/catalog" in done.stderr


def test_a_catalog_without_the_tracers_package_says_so_once(tmp_path: Path) -> None:
    done = run_without(tmp_path, "aws_xray_sdk")
    assert done.returncode == 0, done.stderr
    warnings = [json.loads(line) for line in done.stdout.splitlines() if "WARNING" in line]
    assert [line["message"] for line in warnings] == [
        "no traces: add aws-xray-sdk and wrapt to the catalog's requirements.txt"
    ]
