"""Files and folders that appear at once, and what a killed process leaves."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.files import SUFFIX, remove_unfinished, unfinished_folder, write_atomically

ABANDONED = f".model.lock.abcd1234{SUFFIX}"
WRITES = """
import sys
from pathlib import Path
from pilotlight.core.files import unfinished_folder
with unfinished_folder(Path(sys.argv[1])) as folder:
    (folder / "half").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_who_reads_while_a_file_is_replaced_sees_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "model.lock"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "model.lock"
    target.mkdir()  # a folder cannot be replaced by a file, so the last step fails
    (target / "inside").touch()
    with pytest.raises(ProjectError, match=r"model.lock: cannot be written: .*irectory.*run the same command again"):
        write_atomically(target, b"new")
    assert names(tmp_path) == ["model.lock"]


@pytest.mark.parametrize(("before", "after"), [(None, 0o644), (0o600, 0o600), (0o755, 0o755)])
def test_an_existing_file_keeps_its_permissions(tmp_path: Path, before: int | None, after: int) -> None:
    path = tmp_path / "template.yaml"
    if before is not None:
        path.touch()
        path.chmod(before)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == after


def test_the_next_write_removes_what_killed_processes_left(tmp_path: Path) -> None:
    (tmp_path / ABANDONED).write_bytes(b"half")
    (tmp_path / f".digits.abcd1234{SUFFIX}" / "deep").mkdir(parents=True)
    write_atomically(tmp_path / "app.py", b"new")
    assert names(tmp_path) == ["app.py"]


@pytest.mark.parametrize(
    "name", [".model.lock.original", ".env", "model.lock.abcd1234", f"notes{SUFFIX}", f".a{SUFFIX}"]
)
def test_files_of_other_names_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    remove_unfinished(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ABANDONED).symlink_to(tmp_path / "mine")
    remove_unfinished(tmp_path)
    assert (tmp_path / "mine").read_text() == "mine"


def test_what_a_live_process_is_writing_stays_until_it_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(tmp_path / "digits")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        aside = Path(os.fsdecode(writer.stdout.readline().strip()))
        remove_unfinished(tmp_path)
        assert names(aside) == ["half"]
        writer.kill()
        writer.wait()
    assert names(aside) == ["half"]
    remove_unfinished(tmp_path)
    assert names(tmp_path) == []


def test_an_unfinished_folder_is_removed_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), unfinished_folder(tmp_path / "digits") as aside:
        (aside / "half").read_bytes()
    assert names(tmp_path) == []


def test_a_finished_folder_leaves_the_unfinished_one(tmp_path: Path) -> None:
    with unfinished_folder(tmp_path / "digits") as aside:
        (aside / "new").mkdir()
        (aside / "new").rename(tmp_path / "digits")
    assert names(tmp_path) == ["digits"]
