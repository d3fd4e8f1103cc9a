import threading

import pytest

from pilotlight_runtime.background import BackgroundTask


def test_runs_beside_this_thread() -> None:
    turn = threading.Event()
    task = BackgroundTask(lambda: turn.wait(10) and threading.current_thread().name)
    task.start()
    turn.set()
    assert task.result() == "background"


def test_what_it_raised_is_raised_where_the_result_is_asked_for() -> None:
    task = BackgroundTask(lambda: 1 // 0)
    task.start()
    with pytest.raises(ZeroDivisionError):
        task.result()
