"""One command at a time changes a project."""

import fcntl
import shutil
import threading
from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.project_lock import LOCK_PATH, lock_project


def test_the_second_waits_says_so_and_goes_on(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with lock_project(tmp_path, lambda text: (order.append(text), waits.set())):
            order.append("second")

    with lock_project(tmp_path, order.append):
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(30)
        order.append("first")
    other.join()
    assert order == [f"waits for another pilotlight command that changes {tmp_path}", "first", "second"]


def test_a_lock_file_that_is_left_there_does_no_harm(tmp_path: Path) -> None:
    notes: list[str] = []
    (tmp_path / LOCK_PATH).parent.mkdir()
    (tmp_path / LOCK_PATH).write_text("of a process that was killed")
    with lock_project(tmp_path, notes.append):
        pass
    assert notes == []
    assert (tmp_path / LOCK_PATH).read_text() == "of a process that was killed"


def test_who_waited_for_a_lock_file_that_was_removed_locks_the_new_one(tmp_path: Path) -> None:
    entered: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with lock_project(tmp_path, lambda _text: waits.set()):
            entered.append("second")
            with pytest.raises(BlockingIOError):
                _lock_now(tmp_path / LOCK_PATH)

    with lock_project(tmp_path, entered.append):
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(30)
        shutil.rmtree(tmp_path / ".pilotlight")
    other.join()
    assert entered == ["second"]


def test_an_error_releases_the_lock(tmp_path: Path) -> None:
    notes: list[str] = []
    with pytest.raises(ZeroDivisionError), lock_project(tmp_path, notes.append):
        raise ZeroDivisionError
    with lock_project(tmp_path, notes.append):
        pass
    assert notes == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".pilotlight").write_text("a file")
    with pytest.raises(ProjectError, match=r"\.pilotlight/lock: cannot be written"), lock_project(tmp_path, print):
        pass


def _lock_now(path: Path) -> None:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
