"""Runs graphs before and after their import, those that end the process in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, helper

from pilotlight.conversion.onnx.import_onnx import import_onnx
from pilotlight.optimization.graph import save_optimized
from pilotlight_runtime.datatypes import BY_ONNX
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor

Arrays = dict[str, NDArray[Any]]

UNGUARDED = """
import resource, sys
import numpy as np
from pilotlight_runtime.datatypes import BY_ONNX
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
session = open_session(sys.argv[1], 1)
arrays = np.load(sys.argv[2])
inputs = {s.name: Tensor.from_numpy(arrays[s.name], s.datatype) for s in session.signature.inputs}
session.run(inputs, [spec.name for spec in session.signature.outputs])
"""


def death(path: Path, inputs: Arrays, folder: Path) -> int:
    """The signal that ends a process that runs the graph on these inputs; 0 where none does."""
    np.savez(folder / "inputs.npz", **inputs)
    command = [sys.executable, "-c", UNGUARDED, str(path), str(folder / "inputs.npz")]
    return -min(subprocess.run(command, capture_output=True, check=False).returncode, 0)


def saved(model: ModelProto, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "given.onnx")
    return folder / "given.onnx"


def run(path: Path, inputs: Arrays) -> NDArray[Any]:
    session = open_session(path, 1)
    given = {
        name: Tensor.from_numpy(array, BY_ONNX[helper.np_dtype_to_tensor_dtype(array.dtype)])
        for name, array in inputs.items()
    }
    return session.run(given, ["y"])[0].numpy()


def both_graphs(model: ModelProto, folder: Path) -> list[Path]:
    """The imported graph, and what ONNX Runtime's optimizer makes of it."""
    candidate = import_onnx(saved(model, folder), folder / "imported")
    plain, optimized = candidate.folder / "model.onnx", folder / "optimized.onnx"
    save_optimized(plain, optimized)
    return [plain, optimized]
