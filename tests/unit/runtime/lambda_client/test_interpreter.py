"""The search path that the client makes."""

from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path

import pytest

from pilotlight_runtime.lambda_client.interpreter import add_site_folders, prepare_interpreter, search_path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}
STANDARD = ["/var/lang/lib/python313.zip", "/var/lang/lib/python3.13"]
LAST = f"{sys.prefix}/lib/{VERSION}/site-packages"


def test_the_order_of_lambda() -> None:
    layers = [f"/opt/python/lib/{VERSION}/site-packages", "/opt/python", "/var/runtime"]
    assert search_path(LAMBDA, "/opt/python", STANDARD, "/var/task") == ["/var/task", *layers, *STANDARD, LAST]


def test_pythonpath_takes_the_place_of_the_layers() -> None:
    environ = {**LAMBDA, "PYTHONPATH": "/a:sub::/var/task"}
    found = search_path(environ, "/opt/python", STANDARD, "/var/task")
    assert found == ["/var/task", "/var/runtime", "/a", "/var/task/sub", "/opt/python", *STANDARD, LAST]


def test_outside_of_lambda() -> None:
    found = search_path({}, "/own", STANDARD, "/work")
    assert found == [f"/opt/python/lib/{VERSION}/site-packages", "/opt/python", "/own", *STANDARD, LAST]


def test_path_configuration_files_of_the_function_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # which puts the path back afterwards
    (tmp_path / "inner").mkdir()
    (tmp_path / "some.pth").write_text("inner\n")
    environ = {"LAMBDA_TASK_ROOT": str(tmp_path), "PYTHONPATH": "/none"}
    add_site_folders(environ, lambda folder: [path.name for path in Path(folder).iterdir()])
    assert str(tmp_path / "inner") in sys.path


def test_folders_without_such_files_are_listed_once_each() -> None:
    asked: list[str] = []

    def list_folder(folder: str) -> list[str]:
        asked.append(folder)
        if folder == "/opt/python":
            raise FileNotFoundError(folder)
        return ["app.py"]

    before = [*sys.path]
    add_site_folders(LAMBDA, list_folder)
    assert asked == ["/var/task", f"/opt/python/lib/{VERSION}/site-packages", "/opt/python"]
    assert sys.path == before


def test_the_process_becomes_that_of_a_function(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend("/own")  # which puts the path back afterwards
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("LAMBDA_RUNTIME_DIR", "/var/runtime")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    standard = sys.path[1:]
    prepare_interpreter("/own")
    assert os.environ["PYTHONPATH"] == "/var/runtime"
    assert sys.path == search_path({**LAMBDA, "LAMBDA_TASK_ROOT": str(tmp_path)}, "/own", standard, str(Path.cwd()))
    assert repr(builtins.exit) == "Use exit() or Ctrl-D (i.e. EOF) to exit"
    prepare_interpreter("/own")
    assert os.environ["PYTHONPATH"] == "/var/runtime"
