"""A process that trains is ended from outside; the same command goes on and ends in the same version."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support.backend_runs import end, events, light_squares, project_with, start


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project_with(tmp_path, "digits")


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Few images, and epochs enough to be interrupted in."""
    return "--data", str(light_squares(tmp_path_factory.mktemp("images") / "images.npz")), "--epochs", "6"


def wait_for_checkpoint(store: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while not list(store.glob(".runs/*/checkpoints/**/*.npz")):
        assert process.poll() is None, end(process)
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version that a run without an interruption ends in."""
    root = project_with(tmp_path_factory.mktemp("whole"), "digits")
    code, said, told = end(start(root, "pilotlight", "train", "digits", *options, "--json"))
    assert code == 0, told
    return json.loads(said)["version"]


def test_a_killed_train_goes_on_and_ends_in_the_same_version(root: Path, options: tuple[str, ...], whole: str) -> None:
    command = ("pilotlight", "train", "digits", *options, "--json")
    killed = start(root, *command)
    wait_for_checkpoint(root / "store", killed)
    killed.send_signal(signal.SIGKILL)
    end(killed)
    assert not list((root / "store").glob("digits/*"))
    code, said, told = end(start(root, *command))
    assert code == 0, told
    assert "resumes from the checkpoint at epoch " in told
    assert json.loads(said)["version"] == whole
    assert not list((root / "store").glob(".runs/*/checkpoints/**/*.npz"))


def test_ctrl_c_keeps_a_checkpoint_and_says_how_to_go_on(root: Path, options: tuple[str, ...]) -> None:
    stopped = start(root, "pilotlight", "train", "digits", *options)
    wait_for_checkpoint(root / "store", stopped)
    stopped.send_signal(signal.SIGINT)
    code, _, told = end(stopped)
    assert code == 130
    assert "a checkpoint is stored. Run the same command again to resume." in told.splitlines()[-1]


def test_a_job_that_is_told_to_stop_keeps_a_checkpoint_and_asks_for_another_attempt(
    root: Path, options: tuple[str, ...], whole: str
) -> None:
    command = ("pilotlight.training", "digits", *options, "--run", "one")
    stopped = start(root, *command)
    wait_for_checkpoint(root / "store", stopped)
    stopped.send_signal(signal.SIGTERM)
    code, said, told = end(stopped)
    assert code == 75, told
    assert events(said)[-1]["event"] == "error"
    assert events(said)[-1]["kind"] == "Interrupted"
    assert [path.name for path in (root / "store").iterdir() if not path.name.startswith(".")] == []
    code, said, told = end(start(root, *command))
    assert code == 0, told
    assert any("resumes from the checkpoint" in str(event.get("text")) for event in events(said))
    assert events(said)[-1]["version"] == whole
    result = json.loads((root / "store" / ".runs" / "one" / "result.json").read_text())
    assert (result["version"], result["metric"], result["run"]) == (whole, "accuracy", "one")
    assert result["floor"] == pytest.approx(result["value"] - 0.01)
