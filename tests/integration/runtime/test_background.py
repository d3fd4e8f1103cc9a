import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pilotlight_runtime
from pilotlight_runtime.background import BackgroundTask


def test_runs_beside_this_thread() -> None:
    turn = threading.Event()
    task = BackgroundTask(lambda: turn.wait(10) and threading.get_ident())
    task.start()
    turn.set()
    assert task.result() not in (False, threading.get_ident())


def test_what_it_raised_is_raised_where_the_result_is_asked_for() -> None:
    task = BackgroundTask(lambda: 1 // 0)
    task.start()
    with pytest.raises(ZeroDivisionError):
        task.result()


AT_THE_END = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pilotlight_runtime.background import BackgroundTask

def work():
    time.sleep(0.3)
    sys.stdout.write("finished")
    sys.stdout.flush()

BackgroundTask(work).start()
assert "threading" not in sys.modules
raise RuntimeError("the main thread ends first")
"""


def test_the_process_does_not_end_before_the_thread() -> None:
    layer = str(Path(pilotlight_runtime.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", AT_THE_END, layer]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "finished")


def test_a_result_can_be_asked_for_again() -> None:
    task = BackgroundTask(lambda: 7)
    task.start()
    assert [task.result(), task.result()] == [7, 7]
