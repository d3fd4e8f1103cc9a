"""A function in the interpreter that Lambda would start, driven by the local Runtime API: streams, crashes, starts."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pilotlight.bench.emulator import children
from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import FunctionBusy, FunctionDied, FunctionDown, FunctionRaised, FunctionTimedOut
from pilotlight.local.managed_function import ManagedFunction
from pilotlight.local.runtime_process import RuntimeProcess
from pilotlight.local.slow_start import SlowStartNotice

APP = """
import os, re, signal, subprocess, sys, time
print("app.py is loaded")

def parts(event):
    try:
        for number in range(event["parts"]):
            yield b"part %d" % number
            match event.get("then"):
                case "raise": raise ValueError("a canary")
                case "signal": os.kill(os.getpid(), signal.SIGSEGV)
                case "exit": os._exit(3)
                case "hang": time.sleep(600)
            time.sleep(event.get("seconds", 0))
    finally:
        print("ended", flush=True)

def handler(event, context):
    match event.get("do"):
        case "stream":
            return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": parts(event)}
        case "raw": return parts(event)
        case "signal": os.kill(os.getpid(), event["number"])
        case "exit": os._exit(3)
        case "leave": sys.exit(4)
        case "raise": raise ValueError("a canary")
        case "hang": re.match("(a+)+$", "a" * 60 + "b")  # native code that keeps Python's lock
        case "start": return subprocess.Popen(["sleep", "600"]).pid
        case "fill": return {"body": "x" * event["bytes"]}
        case "bytes": return b"not JSON"
        case "print":
            print("printed", 1, 2)
            os.write(1, b"native\\x1b\\n")
            print("to stderr", file=sys.stderr)
        case "pid": return os.getpid()
        case "context":
            function = [context.aws_request_id, context.function_name, context.invoked_function_arn]
            return [*function, os.getcwd(), sys.flags.isolated]
    return event
"""


@contextmanager
def running(
    folder: Path, app: str = APP, stderr: io.StringIO | None = None, longest: float = 60, **options: Any
) -> Iterator[tuple[ManagedFunction, list[str]]]:
    """A function and the lines of its log: what it prints, and what is said of its process."""
    (folder / "app.py").write_text(app)
    said: list[str] = []
    terminal = io.StringIO() if stderr is None else stderr
    start = partial(RuntimeProcess, "m", terminal, longest=longest)
    notice = SlowStartNotice(terminal, 60)
    function = ManagedFunction("m", folder, start, output=said.append, log=said.append, notice=notice, **options)
    try:
        function.load()
        yield function, said
    finally:
        function.close()


@contextmanager
def loaded(folder: Path, **options: Any) -> Iterator[tuple[ManagedFunction, list[str]]]:
    with running(folder, **options) as (function, said):
        function.wait_until_loaded()
        yield function, said


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def stream(function: ManagedFunction, **event: Any) -> Any:
    """The body of a response that streams."""
    return function({"do": "stream", **event}, "1")["body"]


def test_parts_arrive_while_the_next_are_made(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, _):
        result = function({"do": "stream", "parts": 3, "seconds": 0.2}, "1")
        assert (result["statusCode"], result["headers"]) == (200, {"content-type": "text/plain"})
        began = time.monotonic()
        assert next(result["body"]) == b"part 0"
        assert time.monotonic() - began < 0.2
        assert b"".join(result["body"]) == b"part 1part 2"
        assert time.monotonic() - began > 0.4


def test_a_result_that_does_not_stream_comes_as_it_is(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, _):
        event = {"values": [0.1, 5e-324, 2**63, None, True, "grün"], "body": "x"}
        assert function(event, "1") == event


def test_the_function_runs_as_in_lambda(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, _):
        arn = "arn:aws:lambda:local:123456789012:function:m"
        assert function({"do": "context"}, "the-id") == ["the-id", "m", arn, str(tmp_path), 1]


def test_the_function_is_busy_until_its_stream_ends(tmp_path: Path) -> None:
    with loaded(tmp_path, timeout=0.3) as (function, _):
        body = stream(function, parts=2)
        with pytest.raises(FunctionBusy):
            function({}, "2")
        assert list(body) == [b"part 0", b"part 1"]
        assert function({}, "3") == {}


def test_a_caller_that_leaves_ends_the_generator_and_frees_the_function(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, said):
        process = function({"do": "pid"}, "0")
        body = stream(function, parts=10_000, seconds=0.01)
        assert next(body) == b"part 0"
        body.close()
        assert function({"do": "pid"}, "2") == process
        wait_for(lambda: "ended\n" in said)


def test_a_caller_that_leaves_a_function_which_hangs_costs_the_next_its_timeout(tmp_path: Path) -> None:
    with loaded(tmp_path, timeout=1) as (function, _):
        body = stream(function, parts=1, then="hang")
        assert next(body) == b"part 0"
        body.close()
        with pytest.raises(FunctionTimedOut):
            function({}, "2")
        assert function({}, "3") == {}


def test_a_response_that_takes_too_long_is_ended_in_the_middle(tmp_path: Path) -> None:
    with loaded(tmp_path, longest=0.7) as (function, said):
        body = stream(function, parts=2, then="hang")
        assert next(body) == b"part 0"
        with pytest.raises(FunctionTimedOut, match=r"longer than its timeout of 0\.7 s;"):
            next(body)
        assert function({}, "2") == {}
        assert any("timeout of 0.7 s;" in line for line in said)


@pytest.mark.parametrize(("then", "how"), [("signal", "died of SIGSEGV"), ("exit", "ended with exit code 3")])
def test_a_process_that_dies_in_the_middle_of_a_stream_is_named_and_started_again(
    tmp_path: Path, then: str, how: str
) -> None:
    with loaded(tmp_path) as (function, said):
        body = stream(function, parts=3, then=then)
        assert next(body) == b"part 0"
        with pytest.raises(FunctionDied, match=how):
            list(body)
        assert function({}, "2") == {}
        assert sum(how in line for line in said) == 1


def test_a_generator_that_raises_in_the_middle_keeps_its_process(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, said):
        process = function({"do": "pid"}, "0")
        body = stream(function, parts=3, then="raise")
        assert next(body) == b"part 0"
        with pytest.raises(FunctionRaised) as caught:
            list(body)
        assert (caught.value.kind, caught.value.message, caught.value.details) == ("ValueError", "a canary", "")
        assert function({"do": "pid"}, "2") == process
        wait_for(lambda: any(line.startswith("[ERROR] ValueError: a canary\nTraceback") for line in said))


def test_a_stream_without_a_status_is_refused(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, _):
        with pytest.raises(FunctionRaised, match="Internal server error") as caught:
            function({"do": "raw", "parts": 2}, "1")
        assert "without a status and headers" in caught.value.details
        assert function({}, "2") == {}


@pytest.mark.parametrize(
    ("event", "how"),
    [
        ({"do": "signal", "number": signal.SIGSEGV}, "died of SIGSEGV"),
        ({"do": "signal", "number": signal.SIGKILL}, "died of SIGKILL; the system sends it where memory runs out"),
        ({"do": "exit"}, "ended with exit code 3"),
        ({"do": "leave"}, "ended with exit code 4"),
    ],
)
def test_a_process_that_dies_is_named_and_started_again(tmp_path: Path, event: Any, how: str) -> None:
    with loaded(tmp_path) as (function, said):
        first = function({"do": "pid"}, "1")
        with pytest.raises(FunctionDied, match=how) as caught:
            function(event, "2")
        assert f"function m: {caught.value}\n" in said
        assert function({"do": "pid"}, "3") != first


def test_a_process_that_is_killed_between_two_requests_costs_no_request(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, said):
        first = function({"do": "pid"}, "1")
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: function._started().ended)
        assert function({"do": "pid"}, "2") != first
        assert any("while it had nothing to do" in line for line in said)


def test_a_request_without_end_is_ended_at_the_timeout(tmp_path: Path) -> None:
    with loaded(tmp_path, timeout=0.5) as (function, _):
        with pytest.raises(FunctionTimedOut, match=r"longer than its timeout of 0\.5 s"):
            function({"do": "hang"}, "1")
        assert function({}, "2") == {}


@pytest.mark.parametrize(
    ("act", "kind", "details"),
    [
        ({"do": "raise"}, "ValueError", ""),
        ({"do": "fill", "bytes": 7_000_000}, "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size"),
        ({"do": "bytes"}, "JSONDecodeError", "the function's response: Expecting value"),
    ],
)
def test_a_handler_that_fails_keeps_its_process(tmp_path: Path, act: Any, kind: str, details: str) -> None:
    with loaded(tmp_path) as (function, _):
        process = function({"do": "pid"}, "1")
        with pytest.raises(FunctionRaised) as caught:
            function(act, "2")
        assert (caught.value.status, caught.value.kind) == (502, kind)
        assert details in caught.value.details
        assert "canary" not in caught.value.details
        assert function({"do": "pid"}, "3") == process


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("import os\nos.kill(os.getpid(), 11)", "its process died of SIGSEGV while app.py was loaded"),
        ("import os\nos._exit(0)", "its process ended with exit code 0 while app.py was loaded"),
        ("raise ValueError('broken')", "app.py raised ValueError at import: broken"),
        ("import nothing_of_this_name", "cannot be imported: .*nothing_of_this_name.*Install the package"),
        ("def (", "app.py raised Runtime.UserCodeSyntaxError at import"),
        ("x = 1", "has no function called handler"),
        (
            "from pilotlight_runtime.errors import LoadError\nraise LoadError('damaged')",
            "refuses to start: damaged.*Pin or publish",
        ),
    ],
)
def test_a_function_that_does_not_load_says_why(tmp_path: Path, app: str, told: str) -> None:
    with running(tmp_path, app) as (function, _), pytest.raises(ServiceError, match=told) as caught:
        function.wait_until_loaded()
    assert "\n" not in str(caught.value)


def test_a_function_that_loads_again_after_a_failure(tmp_path: Path) -> None:
    with loaded(tmp_path) as (function, said):
        (tmp_path / "app.py").write_text("raise ValueError('broken')")
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "1")
        with pytest.raises(FunctionDown, match=r"app\.py raised ValueError at import: broken"):
            function({}, "2")
        (tmp_path / "app.py").write_text(APP)
        time.sleep(0.6)
        assert function({}, "2") == {}
        assert any("does not start: app.py raised ValueError at import: broken" in line for line in said)


def test_what_is_printed_comes_in_lines_and_without_control_characters_on_stderr(tmp_path: Path) -> None:
    stderr = io.StringIO()
    with loaded(tmp_path, stderr=stderr) as (function, said):
        function({"do": "print"}, "1")
        wait_for(lambda: len("".join(said).splitlines()) == 3)
        assert "".join(said).splitlines() == ["app.py is loaded", "printed 1 2", "native\x1b"]
        wait_for(lambda: stderr.getvalue() == "to stderr\n")


@pytest.mark.parametrize("event", [{"do": "hang"}, {"do": "stream", "parts": 2, "then": "hang"}])
def test_closing_ends_a_request_that_hangs(tmp_path: Path, event: Any) -> None:
    faults: list[BaseException] = []

    def ask(function: ManagedFunction) -> None:
        try:
            result = function(event, "1")
            list(result["body"])
        except FunctionDied as fault:
            faults.append(fault)

    with loaded(tmp_path, timeout=None) as (function, _):
        thread = threading.Thread(target=ask, args=(function,))
        thread.start()
        time.sleep(0.2)
        function.close()
        thread.join(10)
        assert len(faults) == 1


def test_no_process_and_no_thread_stays(tmp_path: Path) -> None:
    before, threads = set(children(os.getpid())), threading.active_count()
    with loaded(tmp_path) as (function, _):
        child = function({"do": "start"}, "1")
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "2")
        worker = function({"do": "pid"}, "3")
        wait_for(lambda: not alive(child))
    assert set(children(os.getpid())) == before
    assert not alive(worker)
    wait_for(lambda: threading.active_count() == threads)


def test_the_process_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import time, os\nprint(os.getpid())\ntime.sleep(600)")
    program = (
        "import sys, pathlib\nfrom pilotlight.local.runtime_process import RuntimeProcess\n"
        "process = RuntimeProcess('m', sys.stderr, lambda text: print(text, end='', flush=True))\n"
        f"process.load(pathlib.Path({str(tmp_path)!r}))\nprocess.wait_until_loaded()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        assert alive(worker)
        server.kill()
        wait_for(lambda: not alive(worker))
