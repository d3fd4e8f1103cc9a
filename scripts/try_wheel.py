"""Installs a wheel of Pilotlight in a fresh environment and uses it as a person would.

It makes a project, adds a model to it, imports a tiny ONNX model, and asks its packaged function for an answer.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

MAKE_MODEL: Final = """
import sys
from onnx import TensorProto, checker, helper, save
shape = ["batch", 2]
graph = helper.make_graph(
    [helper.make_node("Add", ["x", "x"], ["twice"])],
    "twice",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info("twice", TensorProto.FLOAT, shape)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
checker.check_model(model)
save(model, sys.argv[1])
"""
"""Writes a model that doubles its input."""


def try_wheel(wheel: Path, place: Path, dependencies: Path | None) -> None:
    """Installs `wheel` in an environment in `place` and goes from a new project to an answer.

    Args:
        wheel: The wheel to try.
        place: An empty folder.
        dependencies: A site-packages folder that holds what the wheel needs; None has pip fetch it.

    Raises:
        AssertionError: Where a command answers something else than it should.
        subprocess.CalledProcessError: Where a command fails.
    """
    bin_folder = install(wheel, place / "env", dependencies)
    pilotlight, python = str(bin_folder / "pilotlight"), str(bin_folder / "python")
    version = wheel.name.split("-")[1]
    reported = output(pilotlight, "--version", cwd=place)
    if reported != f"pilotlight {version}":
        raise AssertionError(f"`pilotlight --version` prints {reported!r}, and the wheel is of {version}")
    imported = output(python, "-c", "import pilotlight; print(pilotlight.__file__)", cwd=place)
    if not Path(imported).is_relative_to(place):
        raise AssertionError(f"`import pilotlight` takes {imported}, not what was installed in {place}")
    output(pilotlight, "init", "project", cwd=place)
    project = place / "project"
    output(pilotlight, "new", "street-signs", cwd=project)
    output(python, "-c", MAKE_MODEL, "twice.onnx", cwd=project)
    output(pilotlight, "import", "twice.onnx", "--name", "twice", cwd=project)
    (project / "values.json").write_text("[[1.5, -2.0]]", encoding="utf-8")
    answer = json.loads(output(pilotlight, "invoke", "twice", "--json", "values.json", "--raw", cwd=project))
    if answer["outputs"][0]["data"] != [3.0, -4.0]:
        raise AssertionError(f"the imported model doubles 1.5 and -2.0, and the function answers {answer}")
    print(f"{wheel.name} was installed and used: --version, init, new, import, invoke")


def install(wheel: Path, environment: Path, dependencies: Path | None) -> Path:
    """Installs `wheel` in a new virtual environment and gives the folder of its commands."""
    venv.create(environment, with_pip=False)
    commands = environment / "bin"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(commands / "python")]
    output(*pip, "install", "--quiet", *(["--no-deps"] if dependencies else []), str(wheel), cwd=environment)
    if dependencies:
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = Path(output(str(commands / "python"), "-c", ask, cwd=environment))
        (packages / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    return commands


def output(*command: str, cwd: Path) -> str:
    """What a command writes to stdout, run without this process' Python settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PILOTLIGHT_"))}
    done = subprocess.run(command, cwd=cwd, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main() -> None:
    """Parses the arguments and tries the wheel."""
    parser = argparse.ArgumentParser(description="Installs a wheel in a fresh environment and uses it.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--dependencies", type=Path, metavar="DIR", help="site-packages with what the wheel needs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        try_wheel(arguments.wheel.resolve(), Path(place).resolve(), arguments.dependencies)


if __name__ == "__main__":
    main()
