"""SnapStart as Lambda plays it: AWS's own runtime client or ours, and the local Runtime API that it asks.

Source: Lambda Developer Guide, "Lambda runtime API" and "Implement code before or after Lambda function snapshots".
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support.lambda_clients.process import LAYER, runtime_folder
from support.onnx_models import identity_model, package, spec

from pilotlight.local.runtime_api import RecordedRequest, RuntimeApi
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

SEED = 1
APP = f"""
import random
import sys
from pilotlight_runtime.handler import model_handler

random.seed({SEED})

def predict(session, inputs):
    print("drawn", random.random(), flush=True)
    if not any(inputs["x"].buffer):
        raise ValueError("zeros are not for this model")
    return dict(zip(["y"], session.run(inputs, ["y"])))

handler = model_handler(__file__, predict=predict)
loaded = sys.modules.keys()
print("loaded", "orjson" in loaded, "PIL.Image" in loaded, flush=True)
"""
EVENT = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [0.5]}]}


class Played(NamedTuple):
    """asked: each path that the function asked for, with the lines that it had written by then. answer: its answer."""

    asked: list[tuple[str, list[str]]]
    answer: Any


COMMANDS = {
    "aws": [sys.executable, "-m", "awslambdaric", "app.handler"],
    "own": [sys.executable, "-I", "-S", "-u", str(LAYER / "pilotlight_runtime" / "lambda_client" / "start.py")],
}


@pytest.fixture(scope="module", params=COMMANDS)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("function")
    ends = ((spec("x", "FP32", (1, 1)),), (spec("y", "FP32", (1, 1)),))
    image = ImageInput("x", 1, 1, 1, 1.0, 0.0, "NHWC")
    package(folder, identity_model("FP32", (1, 1)), Signature(*ends), image=image)
    (folder / "app.py").write_text(APP)
    log = folder / "stdout"
    log.touch()
    asked: list[tuple[str, list[str]]] = []

    def note(request: RecordedRequest) -> None:
        asked.append((request.path.removeprefix("/2018-06-01/runtime/"), log.read_text().splitlines()))

    with RuntimeApi(snap_start=True, observe=note, new_id=lambda: "request-1") as api:
        environ = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "LAMBDA_RUNTIME_DIR": runtime_folder(),
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": str(folder),
            "_HANDLER": "app.handler",
        }
        command = COMMANDS[request.param]
        with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environ, cwd=folder) as client:
            try:
                assert api.wait_until_initialized(60) is None, log.read_text()
                assert api.restore() is None, log.read_text()
                response = api.invoke(json.dumps(EVENT).encode(), timeout=60).read()
                assert response.fault is None, log.read_text()
                yield Played(asked, json.loads(response.body))
            finally:
                client.kill()


def lines_with(text: str, lines: list[str]) -> list[str]:
    return [line for line in lines if text in line]


def test_the_client_asks_in_lambdas_order(played: Played) -> None:
    paths = [path for path, _ in played.asked[:3]]
    assert paths == ["restore/next", "invocation/next", "invocation/request-1/response"]
    assert played.answer["outputs"][0]["data"] == [0.5]


def test_the_model_has_run_before_the_snapshot(played: Played) -> None:
    _, before = played.asked[0]
    assert len(lines_with("drawn", before)) == 1
    assert len(lines_with("the model failed on zeros", before)) == 1


def test_what_a_first_caller_would_wait_for_is_in_the_snapshot(played: Played) -> None:
    _, before = played.asked[0]
    assert lines_with("loaded", before) == ["loaded True True"]


def test_what_is_unique_is_made_anew_after_the_restore(played: Played) -> None:
    _, before = played.asked[0]
    _, after = played.asked[2]
    frozen = json.loads(lines_with("the model failed on zeros", before)[0])
    first = json.loads(lines_with('"message":"request"', after)[0])
    assert first["instance"] != frozen["instance"]
    assert first["cold"]
    twin = random.Random(SEED)  # noqa: S311  (what every restored environment would draw)
    drawn = [float(line.split()[1]) for line in lines_with("drawn", after)]
    assert drawn[0] == twin.random()
    assert drawn[1] != twin.random()
