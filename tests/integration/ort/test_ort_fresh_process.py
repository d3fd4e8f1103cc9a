"""In a process of its own: what serving imports, and that exiting with everything open is quiet."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import ort_models

RUN = """
import sys
from pathlib import Path
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor
session = open_session(Path(sys.argv[1]), int(sys.argv[2]))
(output,) = session.run({"x": Tensor(FP32, (30, 1, 28, 28), memoryview(bytes(94080)))}, ["y"])
assert output.shape == (30, 8, 28, 28)
"""


def python(code: str, *arguments: object) -> str:
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return ort_models.save(ort_models.convolution(), tmp_path)


def test_neither_numpy_nor_the_package_is_imported(model: Path) -> None:
    loaded = python(RUN + "print(*sys.modules)", model, 1).split()
    assert "_ctypes" in loaded
    heavy = {"numpy", "onnxruntime", "onnx", "dataclasses", "inspect", "logging", "importlib.metadata", "pickle"}
    assert heavy.isdisjoint(name.partition(".")[0] for name in loaded)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "end", ["", "sys.exit()", "del session", "del output", "session.close()", "keep = [session]; keep.append(keep)"]
)
def test_exit_is_quiet(end: str, threads: int, model: Path) -> None:
    assert python(RUN + end, model, threads) == ""


@pytest.mark.parametrize("place", ["import sys\n", "(output,) ="])
def test_ctypes_may_be_imported_before_and_after(place: str, model: Path) -> None:
    """Importing `ctypes` empties the cache of pointer types that it shares with the engine's own types."""
    code = (
        RUN.replace(place, f"import ctypes\n{place}", 1)
        + "session.run({'x': Tensor(FP32, (1, 1, 28, 28), memoryview(bytes(3136)))}, ['y'])"
    )
    assert python(code + "\nassert ctypes.sizeof(ctypes.POINTER(ctypes.c_void_p)) == 8", model, 1) == ""


def test_the_package_may_be_there_too(model: Path) -> None:
    both = (
        "import onnxruntime\n" + RUN + "onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])"
    )
    assert python(both, model, 1) == ""
