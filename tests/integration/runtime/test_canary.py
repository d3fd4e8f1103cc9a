"""However an app.py fails, the handler answers, answers the next request too, and no log holds the input."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.failures import FAILURES, OF_A_MODEL, app_source
from support.handler_calls import INFER
from support.onnx_models import identity_model, package_identity
from support.project import new_project
from support.serve_process import served

from pilotlight.local.endpoint import HttpEndpoint

CANARY = "canarybird"
REFUSED = {"invalid_request": 400}
MARK = "=== "
FUNCTION = f"""
import json, sys
sys.path.insert(0, sys.argv[1])
from app import FAILURES, handler
for line in sys.stdin:
    kind, event = json.loads(line)
    print("{MARK}" + kind, flush=True)
    answer = handler(event, None)
    status = json.loads(json.dumps(answer))["statusCode"]
    print("{MARK}" + json.dumps([kind, status]), flush=True)
"""
CATALOG = f"""
import json, sys
sys.path.insert(0, sys.argv[1])
from support.failures import FAILURES
from pilotlight_runtime.entry import Entry
from pilotlight_runtime.powertools_observer import PowertoolsObserver
from pilotlight_runtime.protocol.http import json_response
from pilotlight_runtime.startup import start_observer
import os, time

def answer(request, trace):
    document = json.loads(request.body)
    kind, _, text = document["inputs"][0]["data"][0].partition(" ")
    if kind in FAILURES:
        FAILURES[kind](text, None)
    return json_response({{}})

observer = start_observer(PowertoolsObserver, "catalog", "1", os.environ, sys.stdout)
handler = Entry(answer, "/infer", observer, time.perf_counter)
{FUNCTION.partition("handler" + chr(10))[2]}
"""


def question(kind: str) -> bytes:
    tensor = {"name": "x", "datatype": "BYTES", "shape": [1], "data": [f"{kind} {CANARY}"]}
    return json.dumps({"inputs": [tensor]}).encode()


def event(kind: str) -> dict[str, Any]:
    encoded = base64.b64encode(question(kind)).decode()
    return {"httpMethod": "POST", "path": INFER, "body": encoded, "isBase64Encoded": True}


def run_all(code: str, folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    """The log and the status of each kind of failure, each with a good request behind it, in one process."""
    kinds = [kind for failure in FAILURES for kind in (failure, f"good_after_{failure}")]
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code, str(folder)],
        input="".join(json.dumps([kind, event(kind)]) + "\n" for kind in kinds),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    logs: dict[str, str] = {}
    statuses: dict[str, int] = {}
    current = ""
    for line in done.stdout.splitlines():
        if line.startswith(f"{MARK}["):
            kind, statuses[kind] = json.loads(line.removeprefix(MARK))
        elif line.startswith(MARK):
            current = line.removeprefix(MARK)
        else:
            logs[current] = logs.get(current, "") + line + "\n"
    return logs, statuses


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, int]]:
    folder = tmp_path_factory.mktemp("failing")
    package_identity(folder, "BYTES", (-1,))
    (folder / "app.py").write_text(app_source())
    return run_all(FUNCTION, folder)


@pytest.fixture(scope="module")
def catalog() -> tuple[dict[str, str], dict[str, int]]:
    return run_all(CATALOG, Path(__file__).parents[2])


@pytest.mark.parametrize("kind", FAILURES)
def test_a_models_function(kind: str, function: tuple[dict[str, str], dict[str, int]]) -> None:
    logs, statuses = function
    assert CANARY not in logs[kind]
    assert statuses[kind] == REFUSED.get(kind, 500)
    assert statuses[f"good_after_{kind}"] == 200
    if kind not in REFUSED:
        assert '"level":"ERROR"' in logs[kind]


@pytest.mark.parametrize("kind", [kind for kind in FAILURES if kind not in OF_A_MODEL])
def test_the_catalog(kind: str, catalog: tuple[dict[str, str], dict[str, int]]) -> None:
    logs, statuses = catalog
    assert CANARY not in logs[kind]
    assert statuses[kind] == REFUSED.get(kind, 500)
    assert statuses[f"good_after_{kind}"] == 200


def test_the_canary_would_be_seen(function: tuple[dict[str, str], dict[str, int]]) -> None:
    """What a log does hold: where the error was raised, and its class."""
    logs, _ = function
    assert '"exception_name":"ValueError"' in logs["no_quotes"]
    assert "app.py:" in logs["no_quotes"]
    assert " in throw" in logs["no_quotes"]
    assert '"exception_name":"OwnError"' in logs["own_class"]
    assert "UnnamedException" in logs["made_class"]
    assert "comes from no file" in logs["made_file"]
    assert "UserWarning at " in logs["warned"]
    assert "an error outside of a request" in logs["in_a_thread"]


def test_pilotlight_serve(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    desk.imported("tiny", identity_model("BYTES", (-1,)))
    (desk.root / "functions" / "tiny" / "app.py").write_text(app_source())
    statuses: dict[str, int] = {}
    with served(desk.root, "tiny") as running:
        endpoint = HttpEndpoint(running.address, None)
        for kind in [*FAILURES, "good"]:
            statuses[kind] = endpoint.send("POST", INFER, {}, question(kind)).status
        log = running.log.read_text()
        running.process.terminate()
        printed = running.process.communicate(timeout=30)[0]
    assert statuses == {kind: REFUSED.get(kind, 500) for kind in FAILURES} | {"good": 200}
    assert CANARY not in log + printed
