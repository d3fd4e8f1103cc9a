import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import onnx
import pytest
from support.onnx_protos import linear_model

HEAVY = "tensorflow", "keras", "tf2onnx", "sklearn", "boto3"


@pytest.mark.parametrize(
    "module", ["pilotlight.conversion", "pilotlight.training", "pilotlight.verification", "pilotlight.workflows.train"]
)
def test_importing_a_room_loads_no_framework(module: str) -> None:
    code = f"import {module}, sys; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


def test_importing_an_onnx_file_loads_no_framework(tmp_path: Path) -> None:
    onnx.save(linear_model(), tmp_path / "linear.onnx")
    code = f"""
import sys
from pathlib import Path
from pilotlight.core.project import Project
from pilotlight.workflows.context import Context
from pilotlight.workflows.import_model import import_model
from pilotlight.workflows.types import ImportRequest
root = Path({str(tmp_path)!r})
context = Context(root, {{}}, given_project=Project(root, str(root / "store")))
import_model(ImportRequest("linear", root / "linear.onnx"), context)
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
    assert (tmp_path / "functions" / "linear" / "model.lock").is_file()


def test_a_saved_model_without_keras_says_what_to_install(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "saved.keras", "w") as archive:
        for name in ("metadata.json", "config.json"):
            archive.writestr(name, "{}")
    code = f"""
import sys
sys.modules["keras"] = None  # as where it is not installed: importing it raises ModuleNotFoundError
from pathlib import Path
from pilotlight.conversion import find_adapter_for_file
from pilotlight.core.errors import ConversionError
path = Path({str(tmp_path / "saved.keras")!r})
try:
    find_adapter_for_file(path).load(path)
except ConversionError as error:
    print(error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "Run `pip install 'pilotlight[convert]'`.\n"
