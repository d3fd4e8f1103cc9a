"""Loads saved Keras models, and builds those of mixed precision again in float32."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.tensorflow.keras_config import LAMBDA_HINT, is_mixed, use_float32
from pilotlight.conversion.tensorflow.keras_file import CONFIG, check_keras_file
from pilotlight.conversion.tensorflow.keras_h5_file import SUFFIXES, check_h5_file, read_version
from pilotlight.conversion.tensorflow.saved_model import SavedModel
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.process_output import hide_native_logs

_NOTE: Final = "the saved model computes in mixed precision; it is converted, judged and served in float32"
_MODEL: Final = "model.keras"
_IN_FLOAT32: Final = "float32.keras"
_UNKNOWN: Final = re.compile(
    r"(?:Could not locate (?:class|function)|Unknown [a-z]+:|Could not interpret [a-z ]+:) ?'?([\w>]+)"
)
"""How Keras says that a class or function is not registered."""
_REGISTER_HINT: Final = (
    "Define the class or function in train.py (or in a module that it imports), with "
    "@keras.saving.register_keras_serializable() above it."
)


def load_keras_model(path: Path) -> Any:
    """Load a .keras or .h5 file in safe mode, which rejects layers that contain Python code.

    Args:
        path: The file.

    Returns:
        The model, in float32.

    Raises:
        ConversionError: The file is missing or cannot be loaded.
    """
    is_h5 = path.suffix in SUFFIXES
    with hide_native_logs():
        (check_h5_file if is_h5 else check_keras_file)(path)
        try:
            import keras

            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except ImportError as error:
            raise ConversionError(
                str(path), f"cannot be loaded ({error})", "Run `pip install 'pilotlight[convert]'`."
            ) from error
        except Exception as error:
            # Keras has no error class for files that it cannot read.
            raise ConversionError(str(path), *_explain(error, path, is_h5=is_h5)) from error


def _explain(error: Exception, path: Path, *, is_h5: bool) -> tuple[str, str]:
    """Return what happened, and what to do."""
    text = str(error)
    what = f"cannot be loaded by Keras ({kind_and_first_line(error)})"
    if "lambda" in text.lower() and "safe" in text.lower():
        return what, LAMBDA_HINT
    if found := _UNKNOWN.search(text):
        older = " Or save it as .keras: an .h5 file cannot hold the functions of keras.ops." if is_h5 else ""
        return f"needs {found[1]!r}, which is neither Keras' own nor registered", f"{_REGISTER_HINT}{older}"
    if is_h5 and (version := read_version(path)).startswith("2."):
        hint = f"Keras {version} saved it: load it there, and save it by model.export(FOLDER) as a SavedModel."
        return what, hint
    return what, "Save it again with model.save(...)."


def build_in_float32(model: Any) -> tuple[Any, str]:
    """Build a saved model of mixed precision again, so that its answers and those of the ONNX model are in float32.

    Args:
        model: A model of any framework.

    Returns:
        The model, and what a person has to know: "" where nothing has changed.

    Raises:
        ConversionError: The model cannot be built again.
    """
    if isinstance(model, SavedModel):
        with hide_native_logs():
            widened = model.build_in_float32()
        return (model, "") if widened is None else (widened, _NOTE)
    if not any(kind.__module__.split(".")[0] == "keras" for kind in type(model).__mro__):
        return model, ""
    import keras

    with temporary_folder() as folder, hide_native_logs():
        try:
            if not is_mixed(json.loads(json.dumps(keras.saving.serialize_keras_object(model), default=str))):
                return model, ""
            model.save(folder / _MODEL)
            _rewrite_config(folder / _MODEL, folder / _IN_FLOAT32)
            built = keras.saving.load_model(folder / _IN_FLOAT32, compile=False, safe_mode=True)
        except (TypeError, ValueError, KeyError, NotImplementedError, RuntimeError) as error:  # Keras' and its layers'
            raise ConversionError(
                f"the model {model.name!r}",
                f"is of mixed precision and cannot be built in float32 ({kind_and_first_line(error)})",
                "Build it in train.py with the policy float32, load the weights into it, and return it from train.",
            ) from error
    return built, _NOTE


def _rewrite_config(source: Path, target: Path) -> None:
    """Copy a .keras file with the policy float32 in its configuration."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == CONFIG:
                content = json.dumps(use_float32(json.loads(content))).encode()
            new.writestr(name, content)
