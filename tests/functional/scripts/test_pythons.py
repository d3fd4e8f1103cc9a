"""`make pythons`: which interpreters it takes, what it runs with them, and what it says of those that are missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"
OTHERS = [version for version in ("3.11", "3.12", "3.13") if version != OWN]
INTERPRETER = """#!/bin/sh
# Answers for its version, makes an environment of itself, and writes down what else it is asked to run.
case "$*" in
  *version_info*) echo {version} ;;
  *"-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
  *) echo "$*" "backend=$KERAS_BACKEND" >> "{log}"; case "$*" in *{fails}*) exit 1 ;; esac ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    lines = [f'  "Programming Language :: Python :: {version}",' for version in ("3 :: Only", "3.11", "3.12", "3.13")]
    (folder / "pyproject.toml").write_text("classifiers = [\n" + "\n".join(lines) + "\n]\n", encoding="utf-8")
    (folder / "constraints.txt").touch()
    return folder


def interpreter(place: Path, version: str, log: Path, fails: str = "nothing") -> Path:
    path = place / f"python{version}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(INTERPRETER.format(version=version, log=log, fails=fails), encoding="utf-8")
    path.chmod(0o755)
    return path


def pythons(
    project: Path, request: pytest.FixtureRequest, *named: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(request.config.rootpath / "scripts" / "pythons.py"), *named]
    environ = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environ["PATH"] = f"{path or project / 'none'}:/usr/bin:/bin" if path else "/nowhere"
    return subprocess.run(command, cwd=project, env=environ, check=False, capture_output=True, text=True)


def test_what_is_missing_is_named_and_no_failure(project: Path, request: pytest.FixtureRequest) -> None:
    done = pythons(project, request)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"Python {version}  left out: the Python of .venv, on which make test runs"
        if version == OWN
        else f"Python {version}  SKIPPED: no working python{version} on the path; name one: "
        f"make pythons PYTHONS=/path/to/python{version}"
        for version in ("3.11", "3.12", "3.13")
    ]


def test_an_interpreter_on_the_path_gets_an_environment_and_runs_both_levels(
    project: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = tmp_path / "log"
    interpreter(tmp_path / "bin", OTHERS[0], log)
    for _ in range(2):
        done = pythons(project, request, path=tmp_path / "bin")
        assert done.returncode == 0, done.stderr
        assert f"Python {OTHERS[0]}  passed" in done.stdout.splitlines()
    install, *runs = log.read_text(encoding="utf-8").splitlines()
    assert "--editable .[test] --constraint constraints.txt" in install  # once: the second run finds the environment
    assert runs == ["-m pytest -q tests/unit tests/functional backend=jax"] * 2
    (project / "constraints.txt").write_text("changed==1\n", encoding="utf-8")
    pythons(project, request, path=tmp_path / "bin")
    assert len(log.read_text(encoding="utf-8").splitlines()) == 5  # installed anew


def test_a_named_interpreter_is_taken_even_if_it_is_of_the_same_version(
    project: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = tmp_path / "log"
    named = interpreter(tmp_path / "elsewhere", OWN, log)
    done = pythons(project, request, str(named), path=tmp_path / "bin")
    assert done.returncode == 0, done.stderr
    assert f"Python {OWN}  passed" in done.stdout.splitlines()
    assert done.stdout.count("SKIPPED: none was named") == len(OTHERS)


@pytest.mark.parametrize(
    ("fails", "message"), [("pytest", "pytest ended with exit code 1"), ("install", ".venv-{} could not be made")]
)
def test_a_failure_is_one(
    fails: str, message: str, project: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    interpreter(tmp_path / "bin", OTHERS[1], tmp_path / "log", fails=fails)
    done = pythons(project, request, path=tmp_path / "bin")
    assert done.returncode == 1
    assert f"Python {OTHERS[1]}  failed: {message.format(OTHERS[1])}" in done.stdout.splitlines()


def test_a_command_that_does_not_work_is_missing(project: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A version manager puts a python3.X on the path that fails where that version isn't chosen."""
    broken = tmp_path / "bin" / f"python{OTHERS[0]}"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n", encoding="utf-8")
    broken.chmod(0o755)
    done = pythons(project, request, path=tmp_path / "bin")
    assert f"Python {OTHERS[0]}  SKIPPED: no working python{OTHERS[0]} on the path" in done.stdout
