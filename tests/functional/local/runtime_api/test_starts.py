"""A function's start: errors before the first event, snapshots and restores; and requests that Lambda refuses."""

import threading
from collections.abc import Iterator

import pytest
from support.raw_function import RawFunction

from pilotlight.local.runtime_api import RuntimeApi

KIND = {"Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError"}


@pytest.fixture
def snap_start() -> Iterator[RuntimeApi]:
    with RuntimeApi(snap_start=True) as running:
        yield running


def test_an_init_error_fails_the_events_that_wait_and_those_that_come(api: RuntimeApi, function: RawFunction) -> None:
    before = api.invoke(b"1")
    assert function.ask("POST", "/init/error", b'{"errorMessage": "no app"}', KIND).status == 202
    fault = api.wait_until_initialized(10)
    assert fault is not None
    assert (fault.type, fault.body) == ("Runtime.ImportModuleError", b'{"errorMessage": "no app"}')
    assert before.read().fault == fault
    assert api.invoke(b"2").read().fault == fault


def test_an_init_error_after_the_start_is_refused(api: RuntimeApi, function: RawFunction) -> None:
    api.invoke(b"{}")
    function.next()
    refused = function.ask("POST", "/init/error", b"{}", KIND)
    assert (refused.status, refused.error_type) == (403, "InvalidStateTransition")
    assert "from Running to InitError" in refused.body.decode()


def test_nothing_follows_an_init_error(api: RuntimeApi, function: RawFunction) -> None:
    function.ask("POST", "/init/error", b"{}", KIND)
    assert function.next().status == 403
    assert api.wait_until_initialized(10) is not None


def test_a_function_that_never_asks(api: RuntimeApi) -> None:
    with pytest.raises(TimeoutError, match=r"Started after 0\.01 s"):
        api.wait_until_initialized(0.01)


def test_the_function_waits_for_its_restore(snap_start: RuntimeApi) -> None:
    with RawFunction(snap_start.address) as before, RawFunction(snap_start.address) as after:
        before.send_head("GET", "/restore/next", {})
        assert snap_start.wait_until_initialized(10) is None
        before.connected.settimeout(0.05)
        with pytest.raises(TimeoutError):
            before.connected.recv(1)
        asking = threading.Thread(target=lambda: after.send_head("GET", "/invocation/next", {}))
        restoring = threading.Thread(target=snap_start.restore)
        restoring.start()
        before.connected.settimeout(10)
        assert before.connected.recv(12) == b"HTTP/1.1 200"
        asking.start()
        restoring.join(10)
        assert not restoring.is_alive()
        snap_start.invoke(b"first")
        assert after.read_answer().body == b"first"
        asking.join()


@pytest.mark.parametrize("path", ["/restore/error", "/init/error"])
def test_a_restore_error(snap_start: RuntimeApi, path: str) -> None:
    kind = {"Lambda-Runtime-Function-Error-Type": "Runtime.AfterRestoreError"}
    with RawFunction(snap_start.address) as function:
        function.send_head("GET", "/restore/next", {})
        restored = threading.Thread(target=lambda: faults.append(snap_start.restore()))
        faults = []
        restored.start()
        assert function.read_answer().status == 200
        assert function.ask("POST", path, b'{"errorMessage": "hook"}', kind).status == 202
        restored.join(10)
        assert [fault.type for fault in faults if fault] == ["Runtime.AfterRestoreError"]
        assert function.next().status == 403


def test_a_restore_hook_that_hangs(snap_start: RuntimeApi) -> None:
    with RawFunction(snap_start.address) as function:
        function.send_head("GET", "/restore/next", {})
        assert snap_start.wait_until_initialized(10) is None
        with pytest.raises(TimeoutError, match="Restor"):
            snap_start.restore(timeout=0.05)


def test_a_function_may_start_without_a_snapshot(snap_start: RuntimeApi) -> None:
    with RawFunction(snap_start.address) as function:
        snap_start.invoke(b"{}")
        assert function.next().status == 200
        assert function.ask("GET", "/restore/next").status == 403
        assert function.ask("POST", "/restore/error", b"{}").status == 403


@pytest.mark.parametrize("path", ["/restore/next", "/restore/error", "/invocation/next/x", "", "/invocation//response"])
def test_paths_that_do_not_exist(api: RuntimeApi, function: RawFunction, path: str) -> None:
    assert function.ask("POST", path, b"{}").status == 404
    api.invoke(b"after")
    assert function.next().body == b"after"


def test_a_wrong_method_is_refused(api: RuntimeApi, function: RawFunction) -> None:
    assert function.ask("POST", "/invocation/next", b"{}").status == 405
    assert function.ask("GET", "/init/error").status == 405
    api.invoke(b"after")
    assert function.next().body == b"after"


@pytest.mark.parametrize("end", ["response", "error"])
def test_a_response_to_another_request(api: RuntimeApi, function: RawFunction, end: str) -> None:
    for _ in range(2):  # before the first event, and while one is handled
        refused = function.ask("POST", f"/invocation/nobody/{end}", b"x" * 100_000)
        assert (refused.status, refused.error_type) == (400, "InvalidRequestID")
        api.invoke(b"{}")
        function.next()


def test_a_second_response_to_the_same_request(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    request_id = function.next().request_id
    assert function.respond(request_id, b"1").status == 202
    assert function.respond(request_id, b"2").error_type == "InvalidRequestID"
    assert invocation.read().body == b"1"


@pytest.mark.parametrize(
    "sent",
    [
        b"no request\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: l\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: l\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: l\r\n folded\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request(api: RuntimeApi, function: RawFunction, sent: bytes) -> None:
    function.send(sent)
    assert 400 <= function.read_answer().status < 600
    assert function.is_closed()
    assert api.requests == ()


def test_a_body_that_ends_too_early(api: RuntimeApi, function: RawFunction) -> None:
    function.send_head("POST", "/init/error", {"Content-Length": "10"})
    function.send(b"half")
    function.connected.shutdown(1)
    refused = function.read_answer()
    assert (refused.status, refused.error_type) == (400, "TruncatedHTTPRequest")
    assert function.is_closed()
    with pytest.raises(TimeoutError):
        api.wait_until_initialized(0.01)


def test_a_report_for_x_ray_may_be_as_long_as_awss_client_makes_it(api: RuntimeApi, function: RawFunction) -> None:
    invocation = api.invoke(b"{}")
    cause = {"Lambda-Runtime-Function-XRay-Error-Cause": "x" * (2**20 - 1)}
    assert function.ask("POST", f"/invocation/{function.next().request_id}/error", b"{}", cause).status == 202
    assert invocation.read().fault is not None
