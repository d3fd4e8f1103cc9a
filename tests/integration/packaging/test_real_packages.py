"""Packages of a function's own as they are deployed: real wheels from the package registry, in Lambda's Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.project import Desk, new_project

from pilotlight.packaging.bytecode import find_compiler

UNREACHABLE = ("from versions: none", "onnection")
PINS = "six==1.17.0\nmarkupsafe==3.0.3\n"  # one of Python alone, one with code for one Python and one processor
CHECK = "import sys; sys.path.insert(0, sys.argv[1]); import six; from markupsafe._speedups import _escape_inner"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("project"))
    desk.imported()
    (desk.root / "functions" / "adder" / "requirements.txt").write_text(PINS)
    return desk


@pytest.fixture(scope="module")
def packaged(desk: Desk) -> Path:
    ran = desk("package", "adder", "--into", "out")
    if ran.code and any(sign in ran.err for sign in UNREACHABLE):
        pytest.skip(f"the package registry cannot be reached: {ran.err}")
    assert ran.code == 0, ran.err
    assert "with six==1.17.0, markupsafe==3.0.3" in ran.err
    return desk.root / "out"


def test_the_binary_is_lambdas(packaged: Path) -> None:
    assert [path.name for path in (packaged / "markupsafe").glob("*.so")] == [
        "_speedups.cpython-313-x86_64-linux-gnu.so"
    ]
    assert (packaged / "six.py").is_file()
    assert not (packaged / "requirements.txt").exists()


def test_it_is_byte_compiled_where_anything_can(packaged: Path) -> None:
    compiled = {path.name for path in packaged.rglob("*.pyc")}
    assert ({"six.cpython-313.pyc", "app.cpython-313.pyc"} <= compiled) == (find_compiler("3.13") is not None)


def test_built_again_it_is_the_same(desk: Desk, packaged: Path) -> None:
    assert desk("package", "adder", "--into", "again").code == 0
    again = desk.root / "again"
    names = [path.relative_to(packaged) for path in sorted(packaged.rglob("*"))]
    assert names == [path.relative_to(again) for path in sorted(again.rglob("*"))]
    for name in names:
        assert (packaged / name).stat().st_mtime == (again / name).stat().st_mtime
        assert (packaged / name).is_dir() or (packaged / name).read_bytes() == (again / name).read_bytes()


def test_lambdas_python_imports_it(packaged: Path) -> None:
    python = find_compiler("3.13", docker=False)
    if python is None:
        pytest.skip("no python3.13 is on the path")
    # -I -S: nothing but the standard library and the function
    command = [*python.command, "-I", "-S", "-W", "error", "-c", CHECK, str(packaged)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
