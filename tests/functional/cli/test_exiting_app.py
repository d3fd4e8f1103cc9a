"""An app.py that ends the process, or writes to its stdout: no command takes that for its work done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.onnx_models import add_model, save
from support.project import Desk, new_project

ANSWERS = "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__{})\n"
PREDICT = "import os, sys\ndef predict(session, inputs):\n    {}\n" + ANSWERS.format(", predict=predict")
NOISY = """
import os, subprocess, sys
os.write(1, b"native code\\n")
subprocess.run(["echo", "a program"])
print("python")
def predict(session, inputs):
    os.write(1, b"native code of a request\\n")
    print("python of a request")
    return dict(zip(("sum", "difference"), session.run(inputs, ["sum", "difference"])))
""" + ANSWERS.format(", predict=predict")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = new_project(tmp_path)
    desk.imported()
    arrays = {name: np.ones((2, 3), np.float32) for name in "ab"}
    np.savez(tmp_path / "in.npz", **arrays)
    return desk


def command(desk: Desk, *argv: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PILOTLIGHT_STORE": str(desk.root / "the-store")}
    return subprocess.run(
        [sys.executable, "-m", "pilotlight", *argv],
        cwd=desk.root,
        env=environ,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


COMMANDS = {
    "invoke": ["invoke", "adder", "--npz", "in.npz", "--raw"],
    "serve": ["serve", "adder", "--port", "0"],
    "import": ["import", "other.onnx", "--name", "adder", "--json"],
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("app", ["import sys\nsys.exit(0)", "raise SystemExit", "exec('raise GeneratorExit')"])
def test_an_app_that_exits_at_import_is_an_error(desk: Desk, name: str, app: str) -> None:
    (desk.root / "functions" / "adder" / "app.py").write_text(app)
    save(add_model((-1, 3)), desk.root / "other.onnx")
    done = command(desk, *COMMANDS[name])
    assert done.returncode == 1, done
    assert "app.py" in done.stderr
    assert "at import" in done.stderr or "while it is imported" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("statement", ["sys.exit(0)", "raise GeneratorExit", "raise KeyboardInterrupt"])
def test_a_predict_that_exits_is_an_answer_of_500(desk: Desk, statement: str) -> None:
    (desk.root / "functions" / "adder" / "app.py").write_text(PREDICT.format(statement))
    done = command(desk, *COMMANDS["invoke"])
    assert done.returncode == 1, done
    assert "500" in done.stderr


def test_what_an_app_writes_to_stdout_does_not_spoil_the_result(desk: Desk) -> None:
    (desk.root / "functions" / "adder" / "app.py").write_text(NOISY)
    save(add_model((-1, 3)), desk.root / "other.onnx")
    for name in ("invoke", "import"):
        done = command(desk, *COMMANDS[name])
        assert done.returncode == 0, done.stderr
        assert isinstance(json.loads(done.stdout), dict)
        assert "native code" in done.stderr
