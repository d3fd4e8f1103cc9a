import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pilotlight.bench.emulator import children
from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import FunctionDied, FunctionDown, FunctionRaised, FunctionTimedOut
from pilotlight.local.function_process import FunctionProcess
from pilotlight.local.managed_function import ManagedFunction
from pilotlight.local.process_starter import CopiedProcesses, FreshProcesses, ProcessStarter

APP = """
import os, re, signal, subprocess, sys, time
print("app.py is loaded")
def handler(event, context):
    match event.get("do"):
        case "signal": os.kill(os.getpid(), event["number"])
        case "exit": os._exit(3)
        case "leave": sys.exit(4)
        case "raise": raise ValueError("a canary")
        case "hang": re.match("(a+)+$", "a" * 60 + "b")  # native code that keeps Python's lock
        case "start": return subprocess.Popen(["sleep", "600"]).pid
        case "set": return {1, 2}
        case "print":
            print("printed", flush=True)
            os.write(1, b"native\\n")
            sys.stdout.write("no line end")
        case "pid": return os.getpid()
        case "time": return context.get_remaining_time_in_millis()
        case "body": return {"body": event["body"], "size": len(event["body"])}
    return event
"""

STARTERS: list[Any] = [CopiedProcesses, FreshProcesses]


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def running(
    folder: Path, app: str = APP, starter: ProcessStarter | None = None, **options: Any
) -> Iterator[tuple[ManagedFunction, list[str]]]:
    """A function and the lines of its log: what it prints, and what is said of its process."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(app)
    said: list[str] = []
    with starter or CopiedProcesses() as starts:
        start = partial(FunctionProcess, "m", starts)
        function = ManagedFunction("m", folder, start, output=said.append, log=said.append, **options)
        try:
            function.load()
            yield function, said
        finally:
            function.close()


@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"do": "signal", "number": signal.SIGSEGV}, "died of SIGSEGV"),
        ({"do": "signal", "number": signal.SIGFPE}, "died of SIGFPE"),
        ({"do": "signal", "number": signal.SIGKILL}, "died of SIGKILL; the system sends it where memory runs out"),
        ({"do": "exit"}, "ended with exit code 3"),
    ],
)
def test_a_process_that_dies_is_named_and_started_again(
    tmp_path: Path, starter: Any, event: dict[str, Any], told: str
) -> None:
    with running(tmp_path, starter=starter()) as (function, said):
        function.wait_until_loaded()
        first = function({"do": "pid"}, "1")
        with pytest.raises(FunctionDied) as caught:
            function(event, "2")
        assert caught.value.status == 500
        assert told in str(caught.value)
        assert "it is started again" in str(caught.value)
        second = function({"do": "pid"}, "3")
        assert first != second
        assert said == ["app.py is loaded\n", f"function m: {caught.value}\n", "app.py is loaded\n"]


def test_a_process_that_is_killed_between_two_requests_costs_no_request(tmp_path: Path) -> None:
    with running(tmp_path) as (function, said):
        function.wait_until_loaded()
        first = function({"do": "pid"}, "1")
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not function._started().ended and time.monotonic() < deadline:
            time.sleep(0.01)
        assert function({"do": "pid"}, "2") != first
        assert "while it had nothing to do" in said[1]


@pytest.mark.parametrize("starter", STARTERS)
def test_a_request_without_end_is_ended_at_the_timeout(tmp_path: Path, starter: Any) -> None:
    with running(tmp_path, starter=starter(), timeout=0.5) as (function, said):
        function.wait_until_loaded()
        with pytest.raises(FunctionTimedOut, match=r"longer than its timeout of 0\.5 s") as caught:
            function({"do": "hang"}, "1")
        assert caught.value.status == 504
        assert function({"do": "echo"}, "2") == {"do": "echo"}
        assert "timeout" in said[1]


@pytest.mark.parametrize("starter", STARTERS)
def test_closing_ends_a_request_that_hangs(tmp_path: Path, starter: Any) -> None:
    faults: list[BaseException] = []

    def ask(function: ManagedFunction) -> None:
        try:
            function({"do": "hang"}, "1")
        except FunctionDied as fault:
            faults.append(fault)

    with running(tmp_path, starter=starter(), timeout=None) as (function, said):
        function.wait_until_loaded()
        thread = threading.Thread(target=ask, args=(function,))
        thread.start()
        time.sleep(0.2)
        function.close()
        thread.join(10)
        assert len(faults) == 1
        assert said == ["app.py is loaded\n"]


def test_what_a_function_has_started_ends_with_it(tmp_path: Path) -> None:
    with running(tmp_path) as (function, _):
        function.wait_until_loaded()
        child = function({"do": "start"}, "1")
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "2")
        deadline = time.monotonic() + 10
        while alive(child):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("starter", STARTERS)
def test_no_process_stays(tmp_path: Path, starter: Any) -> None:
    before = set(children(os.getpid()))
    with running(tmp_path, starter=starter()) as (function, _):
        function.wait_until_loaded()
        worker = function({"do": "pid"}, "1")
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "2")
        again = function({"do": "pid"}, "3")
        assert set(children(os.getpid())) > before
    assert set(children(os.getpid())) == before
    assert not alive(worker)
    assert not alive(again)


def test_functions_go_on_when_the_process_that_they_are_copies_of_ends(tmp_path: Path) -> None:
    starter = CopiedProcesses()
    with running(tmp_path, starter=starter) as (function, _):
        function.wait_until_loaded()
        assert starter._template is not None
        starter._template.kill()
        starter._template.wait()
        assert function({"do": "echo"}, "1") == {"do": "echo"}
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "2")
        assert function({"do": "echo"}, "3") == {"do": "echo"}


@pytest.mark.parametrize(("act", "kind"), [("raise", "ValueError"), ("leave", "SystemExit"), ("set", "TypeError")])
def test_a_handler_that_raises_keeps_its_process(tmp_path: Path, act: str, kind: str) -> None:
    with running(tmp_path) as (function, _):
        function.wait_until_loaded()
        process = function({"do": "pid"}, "1")
        with pytest.raises(FunctionRaised) as caught:
            function({"do": act}, "2")
        assert (caught.value.status, caught.value.kind) == (502, kind)
        assert "canary" not in str(caught.value)
        assert caught.value.details.splitlines()[1] == kind
        assert ".py:" in caught.value.details
        assert "canary" not in caught.value.details
        assert function({"do": "pid"}, "3") == process


def test_what_is_printed_comes_before_the_answer_and_stays_off_stdout(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path) as (function, said):
        function.wait_until_loaded()
        function({"do": "print"}, "1")
        assert said == ["app.py is loaded\n", "printed\n", "no line end"]
    assert capfd.readouterr() == ("", "native\n")


@pytest.mark.parametrize("body", ["", "a" * 6_000_000, "grün \x00 \ud800"])
def test_a_body_comes_back_as_it_went(tmp_path: Path, body: str) -> None:
    with running(tmp_path) as (function, _):
        function.wait_until_loaded()
        assert function({"do": "body", "body": body}, "1") == {"body": body, "size": len(body)}


def test_numbers_come_back_as_they_went(tmp_path: Path) -> None:
    event = {"values": [0.1, -0.0, 5e-324, 2**63, float("inf"), None, True], "body": None}
    with running(tmp_path) as (function, _):
        function.wait_until_loaded()
        assert repr(function(event, "1")) == repr(event)


def test_the_deadline_is_that_of_a_rest_api(tmp_path: Path) -> None:
    with running(tmp_path) as (function, _):
        function.wait_until_loaded()
        assert 20_000 < function({"do": "time"}, "1") <= 29_000


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("import os\nos.kill(os.getpid(), 11)", "its process died of SIGSEGV while app.py was loaded"),
        ("import os\nos._exit(0)", "its process ended with exit code 0 while app.py was loaded"),
        ("raise ValueError('broken')", "app.py raised ValueError at import: broken"),
        ("raise KeyboardInterrupt", "app.py raised KeyboardInterrupt at import. Correct app.py"),
        ("x = 1", "has no function called handler"),
    ],
)
def test_a_function_that_does_not_load_says_why(tmp_path: Path, app: str, told: str) -> None:
    with running(tmp_path, app) as (function, _), pytest.raises(ServiceError) as caught:
        function.wait_until_loaded()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_function_that_dies_at_each_start_is_tried_again_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    clock = Clock()
    with running(tmp_path, clock=clock) as (function, said):
        function.wait_until_loaded()
        (tmp_path / "app.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)")
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "1")
        for pause in (0.5, 1, 2, 4, 8, 16, 30, 30):
            with pytest.raises(FunctionDown, match=f"died of SIGABRT.*next start is tried in {pause:.1f} s"):
                function({}, "2")
            lines = len(said)
            clock.seconds += pause * 0.75
            with pytest.raises(FunctionDown):
                function({}, "3")
            assert len(said) == lines  # no start was tried
            clock.seconds += pause * 0.25
        (tmp_path / "app.py").write_text(APP)
        assert function({"do": "echo"}, "4") == {"do": "echo"}
        assert sum("does not start: its process died of SIGABRT" in line for line in said) == 8
