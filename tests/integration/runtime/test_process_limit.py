"""In Lambda an allocation that the function cannot hold fails alone; without the limit Lambda ends the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from support.onnx_models import package
from support.ort_models import graph

from pilotlight.conversion.graph import extract_signature

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts mapped memory on Linux alone")

MEMORY_MB = 600
APP = "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n"
ASK = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
from app import handler
def ask(elements):
    given = {"name": "n", "datatype": "INT64", "shape": [1], "data": [elements]}
    answer = handler({"inputs": [given], "outputs": [{"name": "largest"}]}, None)
    return answer.get("status", 200)
statuses = [ask(elements) for elements in (5, 250_000_000, 5, 200_000_000, 1_000_000, 5)]
print("\\n" + json.dumps([statuses, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function that fills n floats and returns the largest of them."""
    nodes = [
        helper.make_node("ConstantOfShape", ["n"], ["filled"]),
        helper.make_node("ReduceMax", ["filled"], ["largest"]),
    ]
    model = graph(nodes, [("n", TensorProto.INT64, (1,))], [("largest", TensorProto.FLOAT, (1,))])
    package(tmp_path, model.SerializeToString(), extract_signature(model, "model.onnx"))
    (tmp_path / "app.py").write_text(
        "from pilotlight_runtime import model_handler\nhandler = model_handler(__file__)\n"
    )
    return tmp_path


def ask(function: Path, **environ: str) -> tuple[list[int], int]:
    """The statuses of six requests, and the most memory that the process had, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(function)],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
    )
    statuses, peak = json.loads(done.stdout.splitlines()[-1])
    return statuses, peak


def test_a_request_for_more_than_the_function_has_fails_alone(function: Path) -> None:
    lambdas = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY_MB)}
    statuses, peak = ask(function, **lambdas)
    assert statuses == [200, 500, 200, 500, 200, 200]
    assert peak < MEMORY_MB


def test_elsewhere_a_process_has_no_limit(function: Path) -> None:
    statuses, peak = ask(function, AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(MEMORY_MB))
    assert statuses == [200] * 6
    assert peak > MEMORY_MB


def test_a_small_function_has_no_limit(function: Path) -> None:
    """The stacks of its threads would count in full."""
    statuses, _ = ask(function, AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="128")
    assert statuses == [200] * 6
