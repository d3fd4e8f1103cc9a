"""Commands that a signal ends, while they hold temporary files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.onnx_models import add_model, save
from support.project import new_project


@pytest.fixture(autouse=True)
def _hangup_is_not_ignored() -> Iterator[None]:
    """A test run that was started with nohup ignores SIGHUP, and so would the commands that it starts."""
    before = signal.signal(signal.SIGHUP, lambda *_: None)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_import_deletes_its_temporary_files(tmp_path: Path, number: int) -> None:
    new_project(tmp_path / "project")
    save(add_model(), tmp_path / "model.onnx")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "pilotlight", "import", str(tmp_path / "model.onnx"), "--name", "ant"],
        cwd=tmp_path / "project",
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not list(temporary.glob("pilotlight-*")) and time.monotonic() < deadline:
            pass
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not list(temporary.glob("pilotlight-*"))
