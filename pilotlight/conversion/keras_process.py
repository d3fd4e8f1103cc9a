"""A Keras model on JAX or PyTorch becomes ONNX in a process of its own, in which Keras computes with TensorFlow.

The backend of a process is chosen when Keras is imported, so this one cannot change. The model is saved to a temporary
file, and the other process, on the CPU alone, loads and converts it: `python -m pilotlight.conversion.keras_process`
with a folder that holds model.keras and task.json; it writes model.onnx there, or error.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.keras_graph import as_onnx
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.model_code import ModelCode
from pilotlight.core.process_output import hide_native_logs
from pilotlight.core.python_files import load_python_file
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.signature import Signature, TensorSpec

_MODEL: Final = "model.keras"
_TASK: Final = "task.json"
_ONNX: Final = "model.onnx"
_ERROR: Final = "error.json"
_ENVIRONMENT: Final = {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
_HINT: Final = (
    "Give its layers get_config, and write them with keras.ops; or train with KERAS_BACKEND=tensorflow, "
    "which converts the model as it is."
)


def as_onnx_elsewhere(model: Any, signature: Signature, name: str, opset: int) -> bytes:
    """As keras_graph.as_onnx, for a model on any backend. ConversionError where it cannot be saved or loaded."""
    where = f"model {name!r}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            with hide_native_logs():
                model.save(folder / _MODEL)
        except Exception as error:
            # Keras raises every kind of error for a layer that cannot tell its configuration.
            raise ConversionError(
                where, f"cannot be saved for its conversion ({kind_and_first_line(error)})", _HINT
            ) from error
        task = {"name": name, "opset": opset, "own": list(_own_classes(model)), **_as_json(signature)}
        (folder / _TASK).write_text(json.dumps(task))
        command = [sys.executable, "-m", "pilotlight.conversion.keras_process", str(folder)]
        done = subprocess.run(command, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False)
        if (folder / _ERROR).is_file():
            raise ConversionError(*json.loads((folder / _ERROR).read_text()))
        if not (folder / _ONNX).is_file():
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise ConversionError(where, f"cannot be converted: the process that should ended with {last!r}", _HINT)
        return (folder / _ONNX).read_bytes()


def _own_classes(model: Any) -> Iterator[tuple[str, str, str]]:
    """Layers' classes that are not Keras' own: the name, the file, and the model's folder, "" for an installed package.

    The file is named because a train.py cannot be imported by its module's name.
    """
    for layer in _every_layer(model):
        kind = type(layer)
        if kind.__module__.split(".")[0] == "keras":
            continue
        code = getattr(kind.__dict__.get("call") or kind.__dict__.get("__init__"), "__code__", None)
        if code is not None:
            path = Path(code.co_filename)
            installed = kind.__module__ in sys.modules
            yield kind.__name__, str(path), "" if installed else str(path.parents[kind.__module__.count(".")])


def _every_layer(model: Any) -> Iterator[Any]:
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _every_layer(layer)
        if hasattr(layer, "layer"):  # what a wrapper wraps
            yield layer.layer


def _as_json(signature: Signature) -> dict[str, Any]:
    parts = {"inputs": signature.inputs, "outputs": signature.outputs}
    return {part: [[spec.name, spec.datatype.name, spec.shape] for spec in specs] for part, specs in parts.items()}


def _from_json(task: Mapping[str, Any]) -> Signature:
    inputs, outputs = (
        tuple(TensorSpec(name, DATATYPES[datatype], tuple(shape)) for name, datatype, shape in task[part])
        for part in ("inputs", "outputs")
    )
    return Signature(inputs, outputs)


def _convert(folder: Path) -> None:
    task = json.loads((folder / _TASK).read_text())
    where = f"model {task['name']!r}"
    try:
        with hide_native_logs():
            import keras

            own = {name: _load_class(name, path, folder) for name, path, folder in task["own"]}
            # The file was written by the process that waits for this one, so what it holds is as safe as train.py.
            model = keras.saving.load_model(folder / _MODEL, custom_objects=own, compile=False, safe_mode=False)
    except Exception as error:
        # Keras raises every kind of error for what it cannot read.
        what = f"was saved for its conversion and cannot be loaded with TensorFlow ({kind_and_first_line(error)})"
        raise ConversionError(where, what, _HINT) from error
    (folder / _ONNX).write_bytes(as_onnx(model, _from_json(task), task["name"], task["opset"]))


def _load_class(name: str, path: str, folder: str) -> Any:
    """The class `name` of the file at `path`, which imports modules of the model in `folder` where that is not ""."""
    with ModelCode(Path(folder)).active() if folder else nullcontext():
        return getattr(load_python_file(Path(path), f"{Path(path).parent.name}/{Path(path).stem}"), name)


def main() -> int:
    """One task; 1 where there is an error to read."""
    folder = Path(sys.argv[1])
    try:
        _convert(folder)
    except ConversionError as error:
        (folder / _ERROR).write_text(json.dumps([error.where, error.what, error.hint]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
