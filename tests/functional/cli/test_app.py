import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import Desk, new_project

from pilotlight import __version__
from pilotlight.cli.app import EXIT_DEFECT, run
from pilotlight.cli.invocation import Invocation

COMMANDS = (
    "init",
    "new",
    "import",
    "train",
    "convert",
    "models",
    "show",
    "pin",
    "package",
    "serve",
    "invoke",
    "check",
    "runs",
)
HEAVY = ("tensorflow", "keras", "sklearn", "boto3", "tf2onnx")


def test_help_names_every_command(tmp_path: Path) -> None:
    ran = Desk(tmp_path)("--help")
    assert ran.code == 0
    for command in (*COMMANDS, "demo"):
        assert f"│ {command} " in ran.out


@pytest.mark.parametrize("command", [*COMMANDS, "demo"])
def test_each_command_has_help(tmp_path: Path, command: str) -> None:
    ran = Desk(tmp_path)(command, "-h")
    assert ran.code == 0
    assert f"pilotlight {command}" in ran.out


def test_version(tmp_path: Path) -> None:
    assert Desk(tmp_path)("--version").out == f"pilotlight {__version__}\n"


def test_a_wrong_option_is_exit_code_2(tmp_path: Path) -> None:
    assert Desk(tmp_path)("models", "--nonsense").code == 2


class Broken(Invocation):
    """Invocation in which everything fails in a way that nobody foresaw."""

    def context(self, *_arguments: object, **_named: object) -> "None":  # type: ignore[override]
        raise RuntimeError("unforeseen")


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_asks_for_debug_and_shows_no_traceback_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, debug: bool
) -> None:
    code = run([*(["--debug"] if debug else []), "models"], Broken(tmp_path, {}))
    said = capsys.readouterr()
    assert (code, said.out) == (EXIT_DEFECT, "")
    assert "--debug" in said.err
    assert ("Traceback" in said.err) is debug


class Interrupted(Invocation):
    """Invocation in which the person presses Ctrl-C."""

    def context(self, *_arguments: object, **_named: object) -> "None":  # type: ignore[override]
        raise KeyboardInterrupt


def test_ctrl_c_is_130_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models"], Interrupted(tmp_path, {})) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback_of_a_user_error(tmp_path: Path) -> None:
    ran = Desk(tmp_path)("--debug", "models")
    assert ran.code == 1
    assert "Traceback" in ran.err


@pytest.mark.parametrize("argv", [["--help"], ["models"], ["import", "adder.onnx", "--name", "adder"], ["check"]])
def test_these_never_load_tensorflow_or_an_aws_client(tmp_path: Path, argv: list[str]) -> None:
    desk = new_project(tmp_path)
    desk.imported()
    code = (
        "import sys; from pilotlight.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    environ = {**os.environ, "PILOTLIGHT_STORE": str(tmp_path / "the-store")}
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_loads_neither_numpy_nor_onnx() -> None:
    code = "import sys; from pilotlight.cli.app import app; print([n for n in ('numpy', 'onnx') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_python_dash_m_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "pilotlight", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"pilotlight {__version__}\n"


def test_an_architecture_that_lambda_lacks_is_refused(tmp_path: Path) -> None:
    ran = Desk(tmp_path)("package", "--layer", "--into", "x", "--architecture", "amd64")
    assert ran.code == 2
    assert "'amd64' is not one of 'x86_64', 'arm64'" in " ".join(ran.err.replace("│", " ").split())
