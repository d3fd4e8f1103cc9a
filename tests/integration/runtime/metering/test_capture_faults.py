"""Captures where S3, KMS or the table is away, slow or refuses: the answer leaves in time, and the log says it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY
from support.captures import ALL, CaptureStack, Function, make_event, run_stack
from support.fault_proxy import DRIP, DROP_REPLY, FAIL, GARBLE, PASS, REFUSE, STALL, THROTTLE, FaultProxy
from support.leaks import look
from support.streaming_function import AWS, OWN, STREAM, package_streaming
from support.tenants import TENANT, Table, new_key
from support.watched_function import WatchedFunction, watching

from pilotlight_runtime.metering.captures.bucket import SECONDS
from pilotlight_runtime.metering.captures.writing import PAUSE

KEY = new_key()
INFER = "/v2/models/tiny/infer"
FAULTS = (STALL, DRIP, REFUSE, FAIL, GARBLE, DROP_REPLY)
Start = Callable[..., Function]


@pytest.fixture
def stack(moto: Table) -> Iterator[CaptureStack]:
    with run_stack(moto) as made:
        yield made


@pytest.fixture
def proxy(moto: Table) -> Iterator[FaultProxy]:
    made = FaultProxy(int(moto.url.rpartition(":")[2]))
    yield made
    made.close()


class Clock:
    """The time, and how far a test has moved it."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        return time.time() + self.moved


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(stack: CaptureStack, tmp_path: Path, clock: Clock) -> Iterator[Start]:
    """Starts functions of the stack, with another endpoint for one of its services."""
    with ExitStack() as closing:

        def make(**endpoints: str) -> Function:
            own = {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()}
            made = Function(tmp_path / "function", {**stack.environ, **own}, ALL, clock)
            closing.callback(made.close)
            return made

        yield make


def ask(function: Function) -> float:
    """Asks, and returns the seconds that the answer took."""
    began = time.perf_counter()
    assert function.ask(KEY, CANARY.text) == 200
    return time.perf_counter() - began


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", ["s3", "kms"])
def test_what_does_not_answer_is_waited_for_once(
    stack: CaptureStack, start: Start, proxy: FaultProxy, clock: Clock, service: str, fault: str
) -> None:
    place = {"s3": "store", "kms": "key"}[service]
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start(**{service: proxy.url})
    proxy.fault = fault
    assert ask(function) < SECONDS + 1.5
    assert function.lost == [place]
    assert proxy.requests <= 1  # nothing is sent twice
    for _ in range(3):
        assert ask(function) < 0.5
    assert function.lost == [place]
    proxy.fault = PASS
    clock.moved = PAUSE + 1
    before = len(stack.names())
    ask(function)
    assert len(stack.names()) == before + 1
    assert not CANARY.find(function.log.getvalue().encode())


def test_nobody_listens(stack: CaptureStack, start: Start) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    for service, place in (("s3", "store"), ("kms", "key")):
        function = start(**{service: "http://127.0.0.1:9"})
        assert ask(function) < 1
        assert function.lost == [place]


def test_a_table_that_stops_between_charge_and_capture(stack: CaptureStack, start: Start, proxy: FaultProxy) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start(dynamodb=proxy.url)
    proxy.fault, proxy.only_after = STALL, 2  # the read of the key, and the charge
    assert ask(function) < 4
    assert function.lost == ["table"]
    assert stack.names() == []


def test_what_refuses_is_asked_again(stack: CaptureStack, start: Start, proxy: FaultProxy) -> None:
    """A refusal costs no time, and may be of one tenant alone."""
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start(kms=proxy.url)
    proxy.fault = THROTTLE
    for _ in range(2):
        ask(function)
    assert function.lost == ["key", "key"]
    proxy.fault = PASS
    ask(function)
    assert len(stack.names()) == 1


def test_a_bucket_that_is_not_there(stack: CaptureStack, tmp_path: Path) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = Function(tmp_path / "function", {**stack.environ, "PILOTLIGHT_CAPTURES": "s3://another-bucket"})
    ask(function)
    assert function.lost == ["store"]
    function.close()


def test_kms_is_asked_once_a_minute(stack: CaptureStack, start: Start, proxy: FaultProxy, clock: Clock) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    function = start(kms=proxy.url)
    for _ in range(4):
        ask(function)
    assert proxy.requests == 1
    clock.moved = 61
    ask(function)
    assert proxy.requests == 2


# ---- in a process, under both runtime clients


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    (tmp_path / "function").mkdir()
    package_streaming(tmp_path / "function")
    manifest = tmp_path / "function" / "manifest.json"
    manifest.write_text(manifest.read_text().rstrip()[:-1] + ', "capture": {"share": 1, "days": 1}}\n')
    return tmp_path


def infer(key: str, text: str) -> dict[str, Any]:
    body = b'{"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["%b"]}]}' % text.encode()
    return make_event(key, body, INFER)


def wait_for(stack: CaptureStack, count: int) -> None:
    until = time.monotonic() + 10
    while len(stack.names()) < count:
        assert time.monotonic() < until, stack.names()
        time.sleep(0.02)


def timed(function: WatchedFunction, event: object) -> float:
    began = time.perf_counter()
    answer = function.call(event)
    assert answer is not None
    assert answer.fault is None
    return time.perf_counter() - began


def test_our_own_client_captures_after_the_answer(stack: CaptureStack, proxy: FaultProxy, packaged: Path) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    with watching(packaged, OWN, **{**stack.environ, "AWS_ENDPOINT_URL_S3": proxy.url}) as function:
        timed(function, infer(KEY, CANARY.text))
        wait_for(stack, 1)
        assert CANARY.text.encode() in stack.the_only(item).request
        proxy.fault = STALL
        assert timed(function, infer(KEY, "slow")) < SECONDS / 2
        assert timed(function, infer(KEY, "the next waits until the bound")) < SECONDS + 1
        assert function.log.count(b'"message":"capture lost"') == 1
        look(function, "a capture")


def test_awss_client_captures_before_the_answer(stack: CaptureStack, proxy: FaultProxy, packaged: Path) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    with watching(packaged, AWS, **{**stack.environ, "AWS_ENDPOINT_URL_S3": proxy.url}) as function:
        timed(function, infer(KEY, CANARY.text))
        assert len(stack.names()) == 1
        proxy.fault = STALL
        assert SECONDS - 0.1 < timed(function, infer(KEY, "slow")) < SECONDS + 2
        assert timed(function, infer(KEY, "not again")) < SECONDS / 2
        look(function, "a capture")


@pytest.mark.parametrize("client", [OWN, AWS], ids=["own", "aws"])
def test_a_stream_is_captured_when_it_has_ended(stack: CaptureStack, packaged: Path, client: tuple[str, ...]) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time())
    body = b'{"x": "one two three"}'
    with watching(packaged, client, **stack.environ) as function:
        answer = function.call(make_event(KEY, body, STREAM))
        assert answer is not None
        wait_for(stack, 1)
        exchange = stack.the_only(item)
        assert (exchange.request, exchange.path, exchange.status, exchange.whole) == (body, STREAM, 200, True)
        for word in (b"one", b"two", b"three"):
            assert word in exchange.response
        assert (exchange.response in answer.body) is (client is OWN)


@pytest.mark.parametrize("words", ["one fail", "fail", "refuse"])
def test_a_stream_that_fails_is_not_captured(stack: CaptureStack, packaged: Path, words: str) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    with watching(packaged, OWN, **stack.environ) as function:
        assert function.call(make_event(KEY, b'{"x": "%b"}' % words.encode(), STREAM)) is not None
        timed(function, infer(KEY, "another"))
        wait_for(stack, 1)
        function.wait_for_lines(2)
        assert len(stack.names()) == 1


def test_a_stream_whose_caller_leaves_is_not_captured(stack: CaptureStack, packaged: Path) -> None:
    stack.put_tenant(KEY, agrees=True, now=time.time())
    with watching(packaged, OWN, **stack.environ) as function:
        function.leave(make_event(KEY, b'{"x": "one wait0.3 two wait0.3 three"}', STREAM))
        function.wait_for_lines(1)
        timed(function, infer(KEY, "another"))
        wait_for(stack, 1)
        assert len(stack.names()) == 1
        assert b'"status":499' in function.log


def test_too_little_time_before_the_deadline(stack: CaptureStack, packaged: Path) -> None:
    """Lambda would end the function within the capture."""
    stack.put_tenant(KEY, agrees=True, now=time.time())
    with watching(packaged, OWN, **stack.environ) as function:
        answer = function.call(infer(KEY, "a"), timeout=3.0)
        assert answer is not None
        timed(function, infer(KEY, "b"))
        wait_for(stack, 1)
        assert b'"failed":"time"' in function.log
        assert len(stack.names()) == 1


def test_a_function_that_is_killed_leaves_whole_captures_alone(stack: CaptureStack, packaged: Path) -> None:
    item = stack.put_tenant(KEY, agrees=True, now=time.time(), day_limit=100_000)
    for attempt in range(4):
        folder = packaged / str(attempt)
        folder.mkdir()
        (folder / "function").symlink_to(packaged / "function")
        with watching(folder, OWN, **stack.environ) as function:
            for _ in range(1 + attempt):
                timed(function, infer(KEY, CANARY.text))
            time.sleep(0.004 * attempt)
            function.end()
    time.sleep(0.5)
    contents = stack.contents()
    assert contents
    for name, content in contents.items():
        assert CANARY.text.encode() in stack.open(name, content, item).request
    assert len(contents) <= 100_000 - int(stack.table.get(TENANT)["day_left"])
