import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support.onnx_models import package_identity

from pilotlight_runtime.handler import model_handler


@pytest.fixture
def hooks() -> Iterator[list[Callable[[], None]]]:
    """The package that only Lambda's managed runtime brings."""
    module = ModuleType("snapshot_restore_py")
    found: list[Callable[[], None]] = []
    module.__dict__["register_after_restore"] = found.append
    sys.modules["snapshot_restore_py"] = module
    yield found
    del sys.modules["snapshot_restore_py"]


def test_a_restored_function_is_cold_and_has_an_id_of_its_own(tmp_path: Path, hooks: list[Callable[[], None]]) -> None:
    package_identity(tmp_path, "FP32", (1,))
    log = io.StringIO()
    environ = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    handler = model_handler(str(tmp_path / "app.py"), environ=environ, stream=log)
    (restore,) = hooks
    instances = []
    for _ in range(2):
        restore()
        handler({"path": "/v2"}, None)
        instances.append(json.loads(log.getvalue().splitlines()[-2]))
    assert instances[0]["instance"] != instances[1]["instance"]
    assert instances[0]["cold"]
