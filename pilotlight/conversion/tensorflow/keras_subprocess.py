"""Converts a Keras model on JAX or PyTorch in a subprocess, in which Keras computes with TensorFlow.

Keras chooses its backend when it is imported, so this process cannot change it. The model is saved to a temporary
folder. The subprocess loads and converts it on the CPU:
`python -m pilotlight.conversion.tensorflow.keras_subprocess FOLDER`. FOLDER holds model.keras and task.json, and the
subprocess writes model.onnx or error.json there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.core.disk import raise_if_full, temporary_folder
from pilotlight.core.documents import read_json
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.model_code import ModelCode
from pilotlight.core.outside import Origin
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


def convert_in_subprocess(model: Any, signature: Signature, name: str, opset: int) -> bytes:
    """Convert a model on any backend, as keras_graph.convert_to_onnx does on TensorFlow.

    Args:
        model: A keras.Model.
        signature: The inputs and outputs of the graph.
        name: The name of the model, for errors.
        opset: The version of ONNX's default operator set.

    Returns:
        The content of model.onnx.

    Raises:
        ConversionError: The model cannot be saved, loaded or converted.
    """
    where = f"model {name!r}"
    with temporary_folder() as folder:
        try:
            with hide_native_logs():
                model.save(folder / _MODEL)
        except Exception as error:
            # Keras raises every kind of error for a layer that has no get_config.
            raise_if_full(folder / _MODEL)
            raise ConversionError(
                where, f"cannot be saved for its conversion ({kind_and_first_line(error)})", _HINT
            ) from error
        task = {"name": name, "opset": opset, "own": list(_list_custom_classes(model)), **_write_signature(signature)}
        (folder / _TASK).write_text(json.dumps(task))
        command = [sys.executable, "-m", "pilotlight.conversion.tensorflow.keras_subprocess", str(folder)]
        done = subprocess.run(command, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False)
        if (folder / _ERROR).is_file():
            raise ConversionError(*_read_error(folder / _ERROR, where))
        if not (folder / _ONNX).is_file():
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise ConversionError(where, f"cannot be converted: the conversion process ended with {last!r}", _HINT)
        return (folder / _ONNX).read_bytes()


def _read_error(path: Path, where: str) -> tuple[str, str, str]:
    """Read what the subprocess wrote before it ended."""
    match read_json(path.read_bytes(), Origin(where, _HINT, ConversionError)):
        case [str(place), str(what), str(hint)]:
            return place, what, hint
    raise ConversionError(where, "cannot be converted, and the conversion process wrote no reason", _HINT)


def _list_custom_classes(model: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the classes of layers that are not part of Keras: their name, their file, and the model's folder.

    The folder is "" for an installed package. The file is given because a train.py cannot be imported by a module name.
    """
    for layer in _list_layers(model):
        kind = type(layer)
        if kind.__module__.split(".")[0] == "keras":
            continue
        code = getattr(kind.__dict__.get("call") or kind.__dict__.get("__init__"), "__code__", None)
        if code is not None:
            path = Path(code.co_filename)
            installed = kind.__module__ in sys.modules
            yield kind.__name__, str(path), "" if installed else str(path.parents[kind.__module__.count(".")])


def _list_layers(model: Any) -> Iterator[Any]:
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _list_layers(layer)
        if hasattr(layer, "layer"):  # the wrapped layer of a wrapper
            yield layer.layer


def _write_signature(signature: Signature) -> dict[str, Any]:
    parts = {"inputs": signature.inputs, "outputs": signature.outputs}
    return {part: [[spec.name, spec.datatype.name, spec.shape] for spec in specs] for part, specs in parts.items()}


def _read_signature(task: Mapping[str, Any]) -> Signature:
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
            # The process that waits for this one wrote the file, so its content is as safe as train.py.
            model = keras.saving.load_model(folder / _MODEL, custom_objects=own, compile=False, safe_mode=False)
    except Exception as error:
        # Keras raises every kind of error for what it cannot read.
        what = f"was saved for its conversion and cannot be loaded with TensorFlow ({kind_and_first_line(error)})"
        raise ConversionError(where, what, _HINT) from error
    (folder / _ONNX).write_bytes(convert_to_onnx(model, _read_signature(task), task["name"], task["opset"]))


def _load_class(name: str, path: str, folder: str) -> Any:
    """Load the class `name` from the file at `path`, which may import the modules in `folder` unless that is ""."""
    with ModelCode(Path(folder)).active() if folder else nullcontext():
        return getattr(load_python_file(Path(path), f"{Path(path).parent.name}/{Path(path).stem}"), name)


def main() -> int:
    """Run one task.

    Returns:
        The exit code: 0, or 1 where error.json says what failed.
    """
    folder = Path(sys.argv[1])
    try:
        _convert(folder)
    except ConversionError as error:
        (folder / _ERROR).write_text(json.dumps([error.where, error.what, error.hint]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
