import os
import stat
from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import Lock, read_lock, write_lock


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock("0123456789ab", "f" * 64)
    path = tmp_path / "digits" / "model.lock"
    write_lock(path, lock)
    assert read_lock(path) == lock
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_no_lock_is_no_pin(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "model.lock") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"version": "0123456789ab"}', '"text"'])
def test_a_damaged_lock_says_how_to_mend_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "digits" / "model.lock"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ProjectError, match=r"pilotlight pin digits@VERSION"):
        read_lock(path)


def test_a_named_pipe_in_its_place_blocks_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.lock")
    with pytest.raises(ProjectError, match="it is a named pipe and not a file"):
        read_lock(tmp_path / "model.lock")
