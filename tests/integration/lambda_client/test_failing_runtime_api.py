"""Our client under a Runtime API that lies and breaks off. test_hostile_runtime_api.py shows AWS's client under it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.hostile_runtime_api import HEADERS, HostileRuntimeApi, close, event, head, send, status
from support.hostile_runtimes import HOSTILITIES, SIX_MEGABYTES
from support.lambda_clients.hostile_cases import HOSTILE_CASES
from support.lambda_clients.process import lay_out, started

from pilotlight.local.runtime_api import RuntimeApi

APP = "def handler(event, context):\n    return len(event), context.get_remaining_time_in_millis()\n"
FAILS = "import missing\n"


def asked(api: HostileRuntimeApi) -> tuple[str, ...]:
    return tuple(request.path.rpartition("/")[2] for request in api.requests)


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not condition() and time.monotonic() < ends:
        time.sleep(0.01)
    assert condition()


def test_each_hostility_has_a_case() -> None:
    assert HOSTILE_CASES.keys() == HOSTILITIES.keys()


@pytest.mark.parametrize("name", HOSTILITIES)
def test_our_client(name: str, tmp_path: Path) -> None:
    case = HOSTILE_CASES[name]
    lay_out(tmp_path, APP, {})
    with HostileRuntimeApi(*HOSTILITIES[name].moves) as api, started("ours", tmp_path, api.address) as running:
        requests = api.wait_for_requests(len(case.asked), 60)
        if case.exit_code is not None:
            assert running.wait(30) == case.exit_code
        wait_until(lambda: case.log in running.stdout_so_far().decode())
        assert asked(api) == case.asked
        assert case.exit_code is not None or running.status is None
        assert running.stop().stderr == b""
    if "6 MB" in name:
        assert requests[1].body.startswith(b"[%d, " % (len(SIX_MEGABYTES) - 2))
    if "deadline" in name:
        assert requests[1].body == b"[0, 0]"


def test_an_idle_connection_that_is_closed_costs_no_event(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    moves = (event(b"[]"), send(b"HTTP/1.1 202 A\r\nContent-Length: 0\r\n\r\n", keep=False), event(b"[]"), status(202))
    with HostileRuntimeApi(*moves) as api, started("ours", tmp_path, api.address):
        api.wait_for_requests(5)
        assert asked(api) == ("next", "response", "next", "response", "next")
        assert [request.connection for request in api.requests] == [0, 0, 1, 1, 1]


def test_a_connection_that_is_closed_meanwhile_costs_no_stream(tmp_path: Path) -> None:
    lay_out(
        tmp_path, "import time\ndef handler(event, context):\n    time.sleep(0.2)\n    yield b'x'\n    yield b'y'\n", {}
    )
    first = send(head(200, {**HEADERS, "Content-Length": "2"}) + b"{}", keep=False)
    with HostileRuntimeApi(first, status(202)) as api, started("ours", tmp_path, api.address):
        requests = api.wait_for_requests(3)
    assert [(request.connection, request.body) for request in requests] == [(0, b""), (1, b"xy"), (1, b"")]


@pytest.mark.parametrize("answer", [status(403), status(500), close()], ids=["403", "500", "closed"])
def test_a_failed_start_that_cannot_be_reported_ends(answer: object, tmp_path: Path) -> None:
    lay_out(tmp_path, FAILS, {})
    with HostileRuntimeApi(answer) as api, started("ours", tmp_path, api.address) as running:  # type: ignore[arg-type]
        assert running.wait(30) == 1
        output = running.stop()
    assert asked(api) == ("error",)
    assert b"No module named 'missing'" in output.stdout
    assert b"Runtime.RuntimeApiError" in output.stdout


def test_two_clients_of_one_runtime_api_do_not_end_each_other(tmp_path: Path) -> None:
    """The Runtime API hands one event to both, as AWS's emulator does, and refuses the second answer to it."""
    app = "import os, time\ndef handler(event, context):\n    time.sleep(0.1)\n    return os.getpid()\n"
    for name in ("a", "b"):
        lay_out(tmp_path / name, app, {})
    with (
        RuntimeApi() as api,
        started("ours", tmp_path / "a", api.address) as first,
        started("ours", tmp_path / "b", api.address) as second,
    ):
        running = {first.process.pid: first, second.process.pid: second}
        wait_until(lambda: len(api.requests) == 2)
        for _ in range(3):
            with api.invoke(b"{}") as invocation:
                assert int(invocation.read().body) in running
        wait_until(lambda: sum(request.path.endswith("/next") for request in api.requests) == 8)
        assert [client.status for client in running.values()] == [None, None]
        log = first.stop().stdout + second.stop().stdout
    assert log.count(b"Runtime.RefusedResponse: the Runtime API answered a response with 400") == 3


def test_no_runtime_api_at_all(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    with HostileRuntimeApi() as api:
        address = api.address
    with started("ours", tmp_path, address) as running:
        assert running.wait(30) == 1
        output = running.stop()
    assert b"the connection to the Runtime API failed: Connection refused" in output.stdout
    assert output.stderr == b""
