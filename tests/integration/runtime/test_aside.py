import threading

import pytest

from pilotlight_runtime.aside import Aside


def test_runs_beside_this_thread() -> None:
    turn = threading.Event()
    aside = Aside(lambda: turn.wait(10) and threading.current_thread().name)
    aside.start()
    turn.set()
    assert aside.result() == "aside"


def test_what_it_raised_is_raised_where_the_result_is_asked_for() -> None:
    aside = Aside(lambda: 1 // 0)
    aside.start()
    with pytest.raises(ZeroDivisionError):
        aside.result()
