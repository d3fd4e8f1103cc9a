"""A process that trains is ended from outside; the same command goes on and ends in the same version."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
EPOCHS = "4"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    shutil.copytree(REPOSITORY / "functions" / "digits", tmp_path / "functions" / "digits", ignore=_leave)
    return tmp_path


_leave = shutil.ignore_patterns("model.lock", "__pycache__")


def started(project: Path, store: str, *command: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PILOTLIGHT_STORE": str(project / store)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=project, env=environ, stdout=pipe, stderr=pipe, text=True
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, told = process.communicate(timeout=300)
    return process.returncode, said, told


def wait_for_checkpoint(store: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while not list(store.glob(".runs/*/checkpoints/**/*.npz")):
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline
        time.sleep(0.01)


def events(said: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def whole(project: Path) -> str:
    code, said, told = ended(started(project, "whole", "pilotlight", "train", "digits", "--epochs", EPOCHS, "--json"))
    assert code == 0, told
    return json.loads(said)["version"]


def test_a_killed_train_goes_on_and_ends_in_the_same_version(project: Path, whole: str) -> None:
    command = ("pilotlight", "train", "digits", "--epochs", EPOCHS, "--json")
    killed = started(project, "store", *command)
    wait_for_checkpoint(project / "store", killed)
    killed.send_signal(signal.SIGKILL)
    ended(killed)
    assert not list((project / "store").glob("digits/*"))
    code, said, told = ended(started(project, "store", *command))
    assert code == 0, told
    assert "resumes from the checkpoint at epoch " in told
    assert json.loads(said)["version"] == whole
    assert not list((project / "store").glob(".runs/*/checkpoints/**/*.npz"))


def test_ctrl_c_keeps_a_checkpoint_and_says_how_to_go_on(project: Path) -> None:
    stopped = started(project, "store", "pilotlight", "train", "digits", "--epochs", EPOCHS)
    wait_for_checkpoint(project / "store", stopped)
    stopped.send_signal(signal.SIGINT)
    code, _, told = ended(stopped)
    assert code == 130
    assert "a checkpoint is stored. Run the same command again to resume." in told.splitlines()[-1]


def test_a_job_that_is_told_to_stop_keeps_a_checkpoint_and_asks_for_another_attempt(project: Path, whole: str) -> None:
    command = ("pilotlight.training", "digits", "--epochs", EPOCHS, "--run", "one")
    stopped = started(project, "store", *command)
    wait_for_checkpoint(project / "store", stopped)
    stopped.send_signal(signal.SIGTERM)
    code, said, told = ended(stopped)
    assert code == 75, told
    assert events(said)[-1]["event"] == "error"
    assert events(said)[-1]["kind"] == "Interrupted"
    assert [path.name for path in (project / "store").iterdir() if not path.name.startswith(".")] == []
    code, said, told = ended(started(project, "store", *command))
    assert code == 0, told
    assert any("resumes from the checkpoint" in str(event.get("text")) for event in events(said))
    assert events(said)[-1]["version"] == whole
    result = json.loads((project / "store" / ".runs" / "one" / "result.json").read_text())
    assert (result["version"], result["metric"], result["run"]) == (whole, "accuracy", "one")
    assert result["floor"] == pytest.approx(result["value"] - 0.01)


def test_a_model_that_reaches_too_little_is_refused_before_it_is_published(project: Path) -> None:
    command = ("pilotlight.training", "digits", "--epochs", "1", "--run", "low", "--at-least", "0.9999")
    code, said, _ = ended(started(project, "store", *command))
    assert code == 65
    assert "at least 0.9999 is required, so nothing was published" in str(events(said)[-1]["text"])
    assert not list((project / "store").glob("digits/*"))
    assert not (project / "store" / ".runs" / "low" / "result.json").exists()


@pytest.mark.parametrize(
    ("train", "why"),
    [
        ("    raise ValueError('no such layer')", "ValueError: no such layer"),
        ("    return None", "train returned None"),
    ],
)
def test_a_train_py_that_fails_is_one_paragraph_and_code_1(project: Path, train: str, why: str) -> None:
    path = project / "functions" / "digits" / "train.py"
    code = path.read_text()
    begin = code.index("    layers = keras.layers")
    path.write_text(code[:begin] + train + "\n\n\n" + code[code.index("def _pixels") :])
    returned, said, _ = ended(started(project, "store", "pilotlight.training", "digits", "--run", "bad"))
    assert returned == 1
    last = events(said)[-1]
    assert (last["event"], last["kind"]) == ("error", "TrainingError")
    assert why in str(last["text"])
    assert not list((project / "store").glob("digits/*"))


def test_what_is_no_run_and_no_data_is_said(project: Path) -> None:
    code, said, _ = ended(started(project, "store", "pilotlight.training", "digits", "--run", "a/../b"))
    assert code == 1
    assert "is not a valid name of a run" in str(events(said)[-1]["text"])
    code, said, _ = ended(started(project, "store", "pilotlight.training", "digit"))
    assert code == 1
    assert "Did you mean digits?" in str(events(said)[-1]["text"])
