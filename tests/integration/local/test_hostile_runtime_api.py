"""AWS's runtime client under a Runtime API that lies and breaks off: what it asks, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.hostile_runtime_api import HostileRuntimeApi
from support.hostile_runtimes import HOSTILITIES, SIX_MEGABYTES

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")


@pytest.mark.parametrize("name", HOSTILITIES)
def test_awss_client(name: str, tmp_path: Path) -> None:
    moves, asked, exit_code = HOSTILITIES[name]
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return len(event)\n")
    with HostileRuntimeApi(*moves) as api:
        environ = {**os.environ, "AWS_LAMBDA_RUNTIME_API": api.address, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", "awslambdaric", "app.handler"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            try:
                requests = api.wait_for_requests(len(asked))
                if exit_code is not None:
                    assert client.wait(30) == exit_code
                assert tuple(request.path.rpartition("/")[2] for request in requests) == asked
            finally:
                client.kill()
    if "6 MB" in name:
        assert requests[1].body == b"%d" % (len(SIX_MEGABYTES) - 2)
