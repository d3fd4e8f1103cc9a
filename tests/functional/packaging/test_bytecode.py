from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pilotlight.packaging.bytecode import Compiler, compile_folder, drop_sources, find_compiler

OTHER = "3.99"


def program(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_running_python_comes_first(tmp_path: Path) -> None:
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = find_compiler(mine, docker=False, path=str(tmp_path))
    assert found is not None
    assert found.command == (sys.executable,)


def test_one_on_the_path_is_asked_for_its_version(tmp_path: Path) -> None:
    program(tmp_path / "right" / f"python{OTHER}", f"echo {OTHER}")
    program(tmp_path / "shim" / f"python{OTHER}", "echo 'not installed' >&2; exit 127")
    found = find_compiler(OTHER, docker=False, path=str(tmp_path / "right"))
    assert found == Compiler((str(tmp_path / "right" / f"python{OTHER}"),), f"Python {OTHER} on the path")
    assert find_compiler(OTHER, docker=False, path=str(tmp_path / "shim")) is None


DOCKER = """case "$1" in
version) echo linux;;
run) test "$5" = public.ecr.aws/lambda/python:3.99-x86_64 && echo 3.99;;
esac"""


def test_docker_comes_last(tmp_path: Path) -> None:
    program(tmp_path / "docker", DOCKER)
    found = find_compiler(OTHER, docker=True, path=str(tmp_path))
    assert found is not None
    assert found.image == "public.ecr.aws/lambda/python:3.99-x86_64"
    assert find_compiler(OTHER, docker=False, path=str(tmp_path)) is None


@pytest.mark.parametrize("script", ["exit 1", "echo linux; test $1 = version"])
def test_a_docker_that_is_down_or_cannot_pull_is_no_compiler(tmp_path: Path, script: str) -> None:
    program(tmp_path / "docker", script)
    assert find_compiler(OTHER, docker=True, path=str(tmp_path)) is None


def test_compiled_code_runs_without_its_source_and_names_the_path_in_lambda(tmp_path: Path) -> None:
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "code.py").write_text("NAME = (lambda: 0).__code__.co_filename\n")
    compile_folder(folder, "/opt/python", Compiler((sys.executable,), "this"))
    (compiled,) = (folder / "__pycache__").iterdir()
    compiled.rename(folder / "code.pyc")
    (folder / "code.py").unlink()
    command = [sys.executable, str(folder / "code.pyc")]
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
    flags = int.from_bytes((folder / "code.pyc").read_bytes()[4:8], "little")
    assert flags == 0b01  # PEP 552: holds a hash of its source and no time stamp, and is not checked against it
    assert b"/opt/python/code.py" in (folder / "code.pyc").read_bytes()
    assert str(tmp_path).encode() not in (folder / "code.pyc").read_bytes()


def test_bytecode_alone_is_imported_and_names_its_lines(tmp_path: Path) -> None:
    package = tmp_path / "site" / "quiet"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from quiet.inner import fail\n")
    (package / "inner" / "__init__.py").write_text("def fail():\n    raise ValueError\n")
    (package / "data.txt").write_text("stays")
    compile_folder(package.parent, "/opt/python", Compiler((sys.executable,), "this"))
    drop_sources(package)
    assert sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()) == [
        "__init__.pyc",
        "data.txt",
        "inner/__init__.pyc",
    ]
    command = [
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(package.parent)!r}); import quiet; quiet.fail()",
    ]
    failed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert 'File "/opt/python/quiet/inner/__init__.py", line 2, in fail' in failed.stderr
