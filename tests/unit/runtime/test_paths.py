"""The runtime's own paths and environment variables are those of `os`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime import paths
from pilotlight_runtime.environment import environ

texts = st.lists(st.sampled_from(["/", "//", ".", "..", "a", "model.onnx", "\udcff", "\u00e9", " "])).map("".join)


@given(texts, st.sampled_from(["a", "a/b", "manifest.json", "\u00e9", ".", ""]))
def test_join(folder: str, name: str) -> None:
    assert paths.join(folder, name) == os.path.join(folder, name)  # noqa: PTH118  (what it stands for)


@given(texts)
def test_parent_and_encode(path: str) -> None:
    assert paths.parent(path) == os.path.dirname(path)  # noqa: PTH120  (what it stands for)
    assert paths.encode(path) == os.fsencode(path)


def test_paths_of_pathlib(tmp_path: Path) -> None:
    assert paths.join(tmp_path, "a") == str(tmp_path / "a")
    assert paths.encode(tmp_path) == bytes(tmp_path)


def test_the_environment_is_that_of_os(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dict(environ) == dict(os.environ)
    assert len(environ) == len(os.environ)
    assert {**environ} == {**os.environ}
    monkeypatch.setenv("PILOTLIGHT_\u00e9", "\udcff1")
    assert environ["PILOTLIGHT_\u00e9"] == environ.get("PILOTLIGHT_\u00e9") == "\udcff1"
    assert "PILOTLIGHT_\u00e9" in environ
    monkeypatch.delenv("PILOTLIGHT_\u00e9")
    assert "PILOTLIGHT_\u00e9" not in environ
    assert environ.get("PILOTLIGHT_\u00e9") is None
    assert environ.get("PILOTLIGHT_\u00e9", "2") == "2"
    with pytest.raises(KeyError):
        environ["PILOTLIGHT_\u00e9"]


def test_a_variable_that_is_set_reaches_os_and_new_processes() -> None:
    name = "PILOTLIGHT_TEST_\u00e9"
    environ[name] = "\udcff2"
    try:
        assert os.environ[name] == "\udcff2"
        command = [sys.executable, "-c", f"import os; print(ascii(os.environ[{name!r}]))"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "'\\udcff2'\n"
    finally:
        assert environ.pop(name, None) == "\udcff2"
    assert name not in os.environ
    assert os.getenv(name) is None
    assert environ.pop(name, "none") == "none"
