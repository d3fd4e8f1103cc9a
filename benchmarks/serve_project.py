"""A project with tiny imported models, for serve_start.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from onnx import TensorProto, checker, helper

ROOT: Final = Path(__file__).parents[1]
FIRST_MODEL: Final = "model-1"
REQUEST: Final = json.dumps(
    {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}
).encode()


def make_project(folder: Path, models: int) -> None:
    """Makes a project of this tree with models that return their input, named model-1 and so on.

    Both trees serve it: these models need nothing that an older tree does not know.
    """
    folder.mkdir()
    _run(folder, "init", ".")
    for number in range(1, models + 1):
        (folder / "model.onnx").write_bytes(_model(number))
        _run(folder, "import", "model.onnx", "--name", f"model-{number}")


def _run(folder: Path, *argv: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PILOTLIGHT"))}
    environ["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "layers" / "runtime")))
    command = [sys.executable, "-m", "pilotlight", *argv]
    subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)


def _model(number: int) -> bytes:
    """A model with y = x, with a dimension of any size; the number keeps the files apart."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], f"g{number}", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    return bytes(model.SerializeToString())
