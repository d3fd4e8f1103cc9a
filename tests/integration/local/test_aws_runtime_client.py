"""The Runtime API of this machine, asked by AWS's own runtime client for Python."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from pilotlight.local.runtime_api import RuntimeApi

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:tiny"
LIMIT = 6_291_556
APP = """
import os

def handler(event, context):
    match event.get("do"):
        case "raise":
            raise ValueError("nö")
        case "fill":
            return "x" * event["bytes"]
        case "exit":
            os._exit(3)
    return {
        "event": event,
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
        "client": context.client_context and context.client_context.custom,
        "identity": context.identity.cognito_identity_id,
    }
"""
HOOKS = """
from snapshot_restore_py import register_after_restore, register_before_snapshot

register_before_snapshot(lambda: print("before"))
register_after_restore({after})
handler = lambda event, context: "restored"
"""

Start = Callable[[RuntimeApi, str], AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts AWS's client with this app.py; its output is in the file `output` beside it."""

    @contextmanager
    def run(api: RuntimeApi, app: str, kind: str = "on-demand") -> Iterator[subprocess.Popen[str]]:
        (tmp_path / "app.py").write_text(app)
        environ = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
            "PYTHONPATH": str(tmp_path),
        }
        command = [sys.executable, "-m", "awslambdaric", "app.handler"]
        with (
            (tmp_path / "output").open("w") as output,
            subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=output, stderr=output, text=True) as client,
        ):
            try:
                yield client
            finally:
                client.kill()

    return run


@pytest.mark.parametrize("chunked", [False, True])
def test_events_errors_and_the_largest_response(start: Start, *, chunked: bool) -> None:
    with RuntimeApi(ARN, chunked_events=chunked) as api, start(api, APP):
        assert api.wait_until_initialized(30) is None
        event = {"text": "ü" * 100_000}
        invocation = api.invoke(
            json.dumps(event).encode(),
            client_context='{"custom": {"a": "b"}}',
            cognito_identity='{"cognitoIdentityId": "me", "cognitoIdentityPoolId": "pool"}',
            trace_id="Root=1-5759e988-bd862e3fe1be46a994272793",
        )
        answer = json.loads(invocation.read().body)
        assert 0 < answer.pop("left") <= 29_000
        assert answer == {
            "event": event,
            "id": invocation.request_id,
            "arn": ARN,
            "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
            "client": {"a": "b"},
            "identity": "me",
        }
        fault = api.invoke(b'{"do": "raise"}').read().fault
        assert fault is not None
        document = json.loads(fault.body)
        assert (document["errorType"], document["errorMessage"]) == ("ValueError", "nö")
        assert any(name.lower() == "lambda-runtime-function-xray-error-cause" for name, _ in fault.headers)
        fill = {"do": "fill", "bytes": LIMIT - 2}
        assert len(api.invoke(json.dumps(fill).encode()).read().body) == LIMIT
        assert {request.connection for request in api.requests} == {0}


def test_a_response_of_one_byte_too_many_ends_awss_client(start: Start) -> None:
    with RuntimeApi(ARN) as api, start(api, APP) as client:
        response = api.invoke(json.dumps({"do": "fill", "bytes": LIMIT - 1}).encode()).read()
        assert response.fault is not None
        assert response.fault.type == "Function.ResponseSizeTooLarge"
        assert client.wait(30) == 1


def test_an_app_that_does_not_load(start: Start) -> None:
    with RuntimeApi(ARN) as api, start(api, "import nothing_of_this_name") as client:
        fault = api.wait_until_initialized(30)
        assert fault is not None
        assert fault.type == "Runtime.ImportModuleError"
        assert "nothing_of_this_name" in json.loads(fault.body)["errorMessage"]
        assert client.wait(30) == 1


def test_a_snapshot_is_taken_before_the_restore_and_hooks_run_around_it(start: Start, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with (
        RuntimeApi(
            ARN, snap_start=True, observe=lambda request: seen.append((request.path, output.read_text()))
        ) as api,
        start(api, HOOKS.format(after='lambda: print("after")'), "snap-start"),
    ):
        seen: list[tuple[str, str]] = []
        assert api.wait_until_initialized(30) is None
        assert api.restore() is None
        assert api.invoke(b"{}").read().body == b'"restored"'
        paths = [(path.removeprefix("/2018-06-01/runtime/"), printed.split()) for path, printed in seen[:2]]
        assert paths == [("restore/next", ["before"]), ("invocation/next", ["before", "after"])]


def test_an_after_restore_hook_that_raises(start: Start) -> None:
    with (
        RuntimeApi(ARN, snap_start=True) as api,
        start(api, HOOKS.format(after="lambda: 1 / 0"), "snap-start") as client,
    ):
        api.wait_until_initialized(30)
        fault = api.restore()
        assert fault is not None
        assert fault.type == "Runtime.AfterRestoreError"
        assert json.loads(fault.body)["errorType"] == "ZeroDivisionError"
        assert client.wait(30) == 65
