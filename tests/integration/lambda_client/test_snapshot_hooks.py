"""SnapStart under both clients, beyond what a table can say: hooks that hang, and the connections around a restore."""

from pathlib import Path

import pytest
from support.lambda_clients.process import CLIENTS, lay_out, started

from pilotlight.local.runtime_api import RuntimeApi

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
HANGS = """
import time
from snapshot_restore_py import {register}
@{register}
def hook():
    print("it hangs")
    time.sleep(600)
def handler(event, context):
    return 1
"""


@pytest.mark.parametrize("client", CLIENTS)
def test_a_hook_that_hangs_before_the_snapshot_is_lambdas_to_end(client: str, tmp_path: Path) -> None:
    """Lambda ends a start that takes too long. Neither client has a time of its own, and neither asks anything."""
    lay_out(tmp_path, HANGS.format(register="register_before_snapshot"), {})
    with (
        RuntimeApi(snap_start=True) as api,
        started(client, tmp_path, api.address, environ=SNAP_START) as running,
    ):
        with pytest.raises(TimeoutError):
            api.wait_until_initialized(1.5)
        assert running.status is None
        assert api.requests == ()
        assert running.stop().stdout == b"it hangs\n"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_hook_that_hangs_after_the_restore_is_lambdas_to_end(client: str, tmp_path: Path) -> None:
    lay_out(tmp_path, HANGS.format(register="register_after_restore"), {})
    with (
        RuntimeApi(snap_start=True) as api,
        started(client, tmp_path, api.address, environ=SNAP_START) as running,
    ):
        assert api.wait_until_initialized(30) is None
        with pytest.raises(TimeoutError):
            api.restore(1.5)
        assert running.status is None
        assert [request.path.rpartition("/")[2] for request in api.requests] == ["next"]


@pytest.mark.parametrize("client", CLIENTS)
def test_no_connection_is_kept_across_a_restore(client: str, tmp_path: Path) -> None:
    lay_out(tmp_path, "def handler(event, context):\n    return 1\n", {})
    with RuntimeApi(snap_start=True) as api, started(client, tmp_path, api.address, environ=SNAP_START):
        assert api.wait_until_initialized(30) is None
        assert api.restore(30) is None
        with api.invoke(b"{}") as invocation:
            assert invocation.read().body == b"1"
        connections = {request.path: request.connection for request in api.requests}
        assert connections["/2018-06-01/runtime/restore/next"] == 0
        assert connections["/2018-06-01/runtime/invocation/next"] == 1
