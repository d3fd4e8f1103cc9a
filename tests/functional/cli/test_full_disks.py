"""A full disk is named: the temporary folder, the store, or the project. The disks are real ones, most of 256 kB."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crash.commands import ask_for_quantization
from support.onnx_models import add_model, save
from support.project import Desk, new_project
from support.weighted_network import network

from pilotlight.core.disk import name_file, temporary_folder
from pilotlight.core.errors import StoreError, UserError
from pilotlight.store import FolderBlobs

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own, of 256 kB or as many as the test's parameter says."""
    size = getattr(request, "param", 256)
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs Linux and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, free: int = 0) -> None:
    """Fill the disk but for `free` bytes."""
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    os.truncate(disk / "filler", (disk / "filler").stat().st_size - free)
    assert shutil.disk_usage(disk).free == free


def run(desk: Desk, *argv: str, store: Path | None = None, temporary: Path | None = None) -> tuple[int, str]:
    """Run a command in a process of its own; return its exit code and the last line on stderr."""
    environ = {
        **os.environ,
        "PILOTLIGHT_STORE": str(store or desk.root / "the-store"),
        "TMPDIR": str(temporary or desk.root),
    }
    command = [sys.executable, "-m", "pilotlight", *argv]
    done = subprocess.run(command, cwd=desk.root, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.splitlines()[-1]


def test_a_full_temporary_folder_is_named(tmp_path: Path, disk: Path) -> None:
    desk = new_project(tmp_path / "project")
    save(network(128).SerializeToString(), desk.root / "net.onnx")  # twice as large as the disk
    code, said = run(desk, "import", "net.onnx", "--name", "net", temporary=disk)
    assert (code, str(disk) in said, "TMPDIR" in said, "the-store" in said) == (1, True, True, False), said


@pytest.mark.parametrize("disk", [1500, 2400, 3600], indirect=True)
def test_a_disk_that_onnx_runtime_fills_is_named(tmp_path: Path, disk: Path) -> None:
    """Of 1 MB each: the copy fits, the optimized graph doesn't, or the prepacked one that is measured doesn't."""
    desk = new_project(tmp_path / "project")
    save(network(256).SerializeToString(), desk.root / "net.onnx")
    code, said = run(desk, "import", "net.onnx", "--name", "net", temporary=disk)
    assert (code, f"the temporary folder {disk}: cannot be used: No space left" in said) == (1, True), said
    assert not (desk.root / "the-store").exists(), "a version without the optimized graph is another version"


@pytest.mark.parametrize("disk", [80, 96, 112, 124], indirect=True)
def test_a_disk_that_the_quantizer_fills_is_named(tmp_path: Path, disk: Path) -> None:
    desk = new_project(tmp_path / "project")
    assert desk("new", "tiny", "--kind", "onnx").code == 0
    ask_for_quantization(desk.root)
    code, said = run(desk, "convert", "tiny", "--from", "model.onnx", temporary=disk)
    assert (code, f"the temporary folder {disk}: cannot be used: No space left" in said) == (1, True), said
    assert not (desk.root / "the-store").exists()


def test_a_full_store_is_named(tmp_path: Path, disk: Path) -> None:
    desk = new_project(tmp_path / "project")
    save(add_model(), desk.root / "adder.onnx")
    (disk / "store").mkdir()
    fill(disk)
    code, said = run(desk, "import", "adder.onnx", "--name", "adder", store=disk / "store")
    assert (code, f"{disk}/store: the store is full" in said, "TMPDIR" in said) == (1, True, False), said


def test_a_full_disk_of_the_project_is_named(tmp_path: Path, disk: Path) -> None:
    desk = new_project(tmp_path / "project")
    version = desk.imported()
    shutil.copytree(desk.root, disk / "p", ignore=shutil.ignore_patterns("the-store", "layers"))
    fill(disk)
    code, said = run(Desk(disk / "p"), "pin", f"adder@{version}", store=desk.root / "the-store")
    assert (code, f"{disk}/p/functions/adder/model.lock: cannot be written: No space left" in said) == (1, True), said


def test_a_write_without_a_name_in_a_full_temporary_folder(disk: Path, tmp_path: Path) -> None:
    fill(disk, free=4096)
    said = rf"the temporary folder {disk}: cannot be used: No space"
    with pytest.raises(UserError, match=said), temporary_folder(place=disk):
        raise FULL
    (disk / "filler").unlink()
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(OSError, match="No space left"), temporary_folder(place=disk), name_file(elsewhere):
        raise FULL
    with pytest.raises(OSError, match="Permission"), temporary_folder(place=disk):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_full_store_inside_the_temporary_folder_is_not_the_store(disk: Path) -> None:
    said = rf"the temporary folder {disk}: "
    with pytest.raises(UserError, match=said) as caught, temporary_folder(place=disk) as folder:
        FolderBlobs(folder / "store").put_bytes("m/v/a", b"x" * 500_000)
    assert not isinstance(caught.value, StoreError)


def test_a_temporary_folder_that_does_not_exist(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"the temporary folder .*none: cannot be used: No such file"),
        temporary_folder(place=tmp_path / "none"),
    ):
        raise AssertionError
