"""What a cold start pays for, seen in fresh processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.onnx_models import package_identity

from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog

HEAVY = ("boto3", "botocore", "tensorflow", "keras", "onnx", "onnxruntime", "numpy", "PIL", "typer", "rich", "asyncio")
FUNCTIONS = Path(__file__).parents[3] / "functions"


def modules_after(code: str, *arguments: str) -> set[str]:
    """The modules loaded in a fresh interpreter that ran `code`."""
    script = f"{code}\nimport json, sys\nprint('', json.dumps(sorted(sys.modules)), sep=chr(10))"
    done = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from app import handler
answer = handler({"path": sys.argv[2], "method": "GET"}, None)
assert answer["statusCode"] == 200, answer
"""


SLOW = ("aws_lambda_powertools", "dataclasses", "inspect", "random", "pathlib", "datetime", "logging", "pilotlight")


def test_answering_loads_neither_numpy_nor_onnxruntimes_package(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (1,))
    (tmp_path / "app.py").write_bytes((FUNCTIONS / "digits" / "app.py").read_bytes())
    loaded = modules_after(RUN, str(tmp_path), "/v2/models/tiny")
    assert "pilotlight_runtime.engine.ort_session" in loaded
    assert loaded.isdisjoint((*HEAVY, *SLOW))


def test_the_catalog_loads_no_session(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(dump_catalog([CatalogEntry("tiny", "0123456789ab")]))
    (tmp_path / "app.py").write_bytes((FUNCTIONS / "catalog" / "app.py").read_bytes())
    loaded = modules_after(RUN, str(tmp_path), "/v2/health/ready")
    assert "pilotlight_runtime.catalog" in loaded
    # botocore: Powertools looks whether it is there, to name itself in its requests. Lambda's own runtime has it.
    assert loaded.isdisjoint(set(HEAVY) - {"botocore"})
    session = {
        f"pilotlight_runtime.{name}" for name in ("session", "loading", "inference", "engine.ort_session", "handler")
    }
    assert loaded.isdisjoint(session)


@pytest.mark.parametrize("name", ["digits", "catalog"])
def test_an_app_is_three_lines_and_a_docstring(name: str) -> None:
    lines = [line for line in (FUNCTIONS / name / "app.py").read_text().splitlines() if line]
    assert len(lines) == 3
