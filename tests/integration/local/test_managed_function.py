import io
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pilotlight.bench.emulator import children
from pilotlight.core.errors import ServiceError
from pilotlight.local.faults import (
    FunctionBusy,
    FunctionDied,
    FunctionDown,
    FunctionFault,
    FunctionLoading,
    FunctionRaised,
    FunctionTimedOut,
)
from pilotlight.local.frames import Channel, Kind
from pilotlight.local.function_process import FunctionProcess
from pilotlight.local.managed_function import ManagedFunction
from pilotlight.local.process_starter import CopiedProcesses, FreshProcesses, ProcessStarter
from pilotlight.local.slow_start import SlowStartNotice

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

HOSTILE = r"""
import os, subprocess, sys
os.write(1, b"one \x1b[31m\n")
os.write(2, b"two \xc2\x9b \x9b\n")
print("three \x07", file=sys.stderr)
subprocess.run(["printf", "four \\033]0;title\n"])
def handler(event, context): pass
"""

STARTERS: list[Any] = [CopiedProcesses, FreshProcesses]


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class SlowStream(io.StringIO):
    """A terminal that takes its time."""

    def write(self, text: str) -> int:
        time.sleep(0.05)
        return super().write(text)


@contextmanager
def running(
    folder: Path,
    app: str = APP,
    starter: AbstractContextManager[ProcessStarter] | None = None,
    stderr: io.StringIO | None = None,
    notice_after: float = 60,
    **options: Any,
) -> Iterator[tuple[ManagedFunction, list[str]]]:
    """A function and the lines of its log: what it prints, and what is said of its process."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(app)
    said: list[str] = []
    with starter or CopiedProcesses() as starts:
        terminal = io.StringIO() if stderr is None else stderr
        start = partial(FunctionProcess, "m", starts, terminal)
        function = ManagedFunction(
            "m",
            folder,
            start,
            output=said.append,
            log=said.append,
            notice=SlowStartNotice(terminal, notice_after),
            **options,
        )
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
        with pytest.raises(FunctionDied, match="ended for an unknown reason; it is started again"):
            function({"do": "signal", "number": signal.SIGSEGV}, "2")
        assert function({"do": "echo"}, "3") == {"do": "echo"}


def test_the_end_of_a_copy_of_an_earlier_template_is_unknown_and_harms_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    starter = CopiedProcesses()
    with (
        running(tmp_path / "a", starter=starter) as (first, _),
        running(tmp_path / "b", starter=nullcontext(starter)) as (second, _),
    ):
        first.wait_until_loaded()
        second.wait_until_loaded()
        assert starter._template is not None
        starter._template.kill()
        starter._template.wait()
        for function in (first, second):
            with pytest.raises(FunctionDied, match="ended for an unknown reason"):
                function({"do": "exit"}, "1")
            assert function({"do": "echo"}, "2") == {"do": "echo"}
        with pytest.raises(FunctionDied, match="ended with exit code 3"):
            first({"do": "exit"}, "3")
    assert "Traceback" not in capfd.readouterr().err


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


@pytest.mark.parametrize("starter", STARTERS)
def test_what_is_printed_comes_before_the_answer_and_stays_off_stdout(
    tmp_path: Path, starter: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    stderr = io.StringIO()
    with running(tmp_path, starter=starter(), stderr=stderr) as (function, said):
        function.wait_until_loaded()
        function({"do": "print"}, "1")
        assert said == ["app.py is loaded\n", "printed\n", "no line end"]
    assert stderr.getvalue() == "native\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("starter", STARTERS)
def test_what_is_written_past_python_comes_without_control_characters(tmp_path: Path, starter: Any) -> None:
    stderr = io.StringIO()
    with running(tmp_path, HOSTILE, starter=starter(), stderr=stderr) as (function, _):
        function.wait_until_loaded()
    expected = ["one \\x1b[31m", "two \\x9b \ufffd", "three \\x07", "four \\x1b]0;title"]
    assert stderr.getvalue().splitlines() == expected


@pytest.mark.parametrize("starter", STARTERS)
def test_the_last_words_of_a_crash_come_before_the_report_of_its_end(tmp_path: Path, starter: Any) -> None:
    app = "import faulthandler, os\nfaulthandler.enable()\n" + APP
    app += "\ndef handler(event, context):\n    os.write(2, b'a' * 200_000)\n    os.kill(os.getpid(), 11)\n"
    stderr = SlowStream()
    with running(tmp_path, app, starter=starter(), stderr=stderr) as (function, _):
        function.wait_until_loaded()
        with pytest.raises(FunctionDied, match="died of SIGSEGV"):
            function({}, "1")
        assert stderr.getvalue().startswith("a" * 200_000 + "Fatal Python error: Segmentation fault")
        assert "in handler" in stderr.getvalue()


def test_a_program_that_keeps_the_pipe_open_delays_the_end_by_a_second_at_most(tmp_path: Path) -> None:
    app = "import subprocess\nDAEMON = subprocess.Popen(['sleep', '20'], start_new_session=True)\n"
    app += "def handler(event, context): return DAEMON.pid"
    with running(tmp_path, app) as (function, _):
        function.wait_until_loaded()
        daemon = function({}, "1")
        began = time.monotonic()
        function.close()
        assert time.monotonic() - began < 5
        os.kill(daemon, signal.SIGKILL)


def test_a_stream_that_is_closed_does_not_stop_the_function(tmp_path: Path) -> None:
    stderr = io.StringIO()
    app = "import os\ndef handler(event, context): return os.write(2, b'a' * 1_000_000)"
    with running(tmp_path, app, stderr=stderr) as (function, _):
        stderr.close()
        function.wait_until_loaded()
        assert function({}, "1") == 1_000_000


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


BLOCKED = "import os, time\ntime.sleep(600)\n" + APP


@pytest.mark.parametrize("starter", STARTERS)
def test_a_reload_that_blocks_costs_each_request_its_timeout_and_ends_when_app_py_loads_again(
    tmp_path: Path, starter: Any
) -> None:
    with running(tmp_path, starter=starter(), timeout=1.5) as (function, said):
        function.wait_until_loaded()
        (tmp_path / "app.py").write_text(BLOCKED)
        with pytest.raises(FunctionDied):
            function({"do": "exit"}, "1")
        began = time.monotonic()
        with pytest.raises(
            FunctionLoading, match=r"still loads \(app\.py and its model\) after its timeout of 1\.5 s"
        ) as caught:
            function({}, "2")
        assert 1.4 < time.monotonic() - began < 10
        assert caught.value.status == 504
        assert "does not start: app.py and its model did not load within 1.5 s, so the process was ended" in said[-1]
        with pytest.raises(FunctionDown, match="did not load within") as down:  # the same pause as after a crash
            function({}, "3")
        assert down.value.status == 500
        (tmp_path / "app.py").write_text(APP)
        time.sleep(0.6)
        assert function({"do": "echo"}, "4") == {"do": "echo"}


def test_a_request_that_waited_for_others_does_not_end_a_function_that_has_begun_to_load(tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(1.2)\n" + APP
    with running(tmp_path, timeout=2) as (function, said):
        function.wait_until_loaded()
        (tmp_path / "app.py").write_text(slow)
        faults = ask_at_once(function, [{"do": "hang"}, {"do": "echo"}])
        assert [type(fault) for fault in faults] == [FunctionTimedOut, FunctionLoading]
        assert function({"do": "echo"}, "3") == {"do": "echo"}
        assert not any("does not start" in line for line in said)


def test_requests_behind_a_slow_one_wait_for_their_timeout_and_no_longer(tmp_path: Path) -> None:
    app = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event"
    with running(tmp_path, app, timeout=1) as (function, said):
        function.wait_until_loaded()
        first = threading.Thread(target=function, args=(0.45, "1"))
        first.start()
        time.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(FunctionTimedOut, match=r"timeout of 1 s, of which the request waited 0\.[2-6] s") as caught:
            function(0.9, "2")
        assert 0.9 < time.monotonic() - began < 1.5
        assert caught.value.status == 504
        first.join()
        assert function(0, "3") == 0
        assert sum("timeout" in line for line in said) == 1


def test_a_queue_longer_than_the_timeout_ends_no_process_and_answers_as_many_as_there_is_time_for(
    tmp_path: Path,
) -> None:
    app = "import time\ndef handler(event, context):\n    time.sleep(0.4)\n    return event"
    with running(tmp_path, app, timeout=1.5) as (function, said):
        function.wait_until_loaded()
        function("first", "1")
        found = ask_at_once(function, ["event"] * 8)
        answered = found.count("event")
        busy = [fault for fault in found if isinstance(fault, FunctionBusy)]
        assert answered + len(busy) == 8
        assert answered >= 3
        assert busy
        assert {fault.status for fault in busy} == {504}
        assert said == []


def test_a_turn_that_does_not_come_is_waited_for_until_the_timeout(tmp_path: Path) -> None:
    with running(tmp_path, timeout=0.3) as (function, _):
        function.wait_until_loaded()
        began = time.monotonic()
        with function._turn, pytest.raises(FunctionBusy, match=r"until too little of its timeout of 0\.3 s was left"):
            function({}, "1")
        assert 0.2 < time.monotonic() - began < 5
        assert function({"do": "echo"}, "2") == {"do": "echo"}


def ask_at_once(function: ManagedFunction, events: list[Any]) -> list[Any]:
    """What each event ends with, sent one shortly after the other."""
    found: list[Any] = [None] * len(events)

    def ask(number: int, event: Any) -> None:
        try:
            found[number] = function(event, str(number))
        except FunctionFault as error:
            found[number] = error

    threads = [threading.Thread(target=ask, args=each) for each in enumerate(events)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize(("seconds", "lines"), [(0.6, 1), (0.0, 0)])
def test_a_long_first_start_is_noticed_once_and_not_ended(tmp_path: Path, seconds: float, lines: int) -> None:
    stderr = io.StringIO()
    app = f"import time\ntime.sleep({seconds})\n" + APP
    with running(tmp_path, app, timeout=0.3, notice_after=0.4, stderr=stderr) as (function, _):
        function.wait_until_loaded()
        time.sleep(0.5)
        line = "function m is still loading (app.py and its model); Ctrl-C ends this\n"
        assert stderr.getvalue() == line * lines
        assert function({"do": "echo"}, "1") == {"do": "echo"}


def test_a_message_that_came_in_part_before_the_time_was_over_is_not_lost() -> None:
    own, other = socket.socketpair()
    with own, other:
        receiver = Channel(own)
        content = struct.pack("!BQQ", Kind.RESULT, 7, 4) + b'{"a":1}text'
        for cut in range(len(content)):
            other.sendall(content[:cut])

            with pytest.raises(TimeoutError):
                receiver.receive(count_down(0.02))
            other.sendall(content[cut:])
            assert receiver.receive() == (Kind.RESULT, {"a": 1}, "text")


def test_a_receiver_that_does_not_read_ends_a_send_in_time() -> None:
    own, other = socket.socketpair()
    with own, other, pytest.raises(TimeoutError):
        Channel(own).send(Kind.EVENT, None, "a" * 50_000_000, count_down(0.3))


def count_down(seconds: float) -> Callable[[], float]:
    ends = time.monotonic() + seconds
    return lambda: ends - time.monotonic()
