"""Runs a case under one client, and notes what the Runtime API, the log and the caller got."""

from __future__ import annotations

import hashlib
import json
import re
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pilotlight.local.runtime_api import CompleteResponse, RuntimeApi, RuntimeFault
from support.lambda_clients.case import Case
from support.lambda_clients.process import BOOTSTRAP, Output, Running, lay_out, runtime_folder, started

_SECONDS: Final = 30.0
_QUIET: Final = 2.0
"""Seconds that a client may take to end after SIGTERM. Lambda gives it less."""
_LONGEST_SHOWN: Final = 4000
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|\+0000)")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{6,}")


def observe(case: Case, client: str, folder: Path) -> dict[str, Any]:
    """Runs a case under a client, and returns what was observed, by field.

    The fields: exit (the status; "runs" while it waits for the next event), calls, start.* and restore.* where Lambda
    was told of a failure, N.* for the N-th event, stdout, stderr, frames.
    """
    lay_out(folder, case.app, case.files)
    clean = _Cleaner(folder)
    fields: dict[str, Any] = {}
    numbers = iter(range(1, 1000))
    with (
        RuntimeApi(snap_start=case.snap_start, new_id=lambda: f"id-{next(numbers)}") as api,
        started(
            client,
            folder,
            api.address,
            handler=case.handler,
            environ={**case.environ, **({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"} if case.snap_start else {})},
            telemetry=case.telemetry,
            on_exit=lambda _status: api.end(RuntimeFault("Runtime.ExitError", b"")),
        ) as running,
    ):
        _play(case, api, running, fields)
        _settle(api, running, len(case.events))
        if case.terminate:
            running.terminate()
            running.wait(_QUIET)
        fields["exit"] = "runs" if running.status is None else running.status
        fields["calls"] = [f"{found.method} {found.path.removeprefix('/2018-06-01/runtime')}" for found in api.requests]
        output = running.stop()
    fields |= _written(output)
    return {name: clean(value) for name, value in fields.items()}


def _play(case: Case, api: RuntimeApi, running: Running, fields: dict[str, Any]) -> None:
    fault = api.wait_until_initialized(_SECONDS)
    if fault is not None:
        fields |= _described("start", fault)
        running.wait(_SECONDS)
        return
    if case.snap_start:
        fault = api.restore(_SECONDS)
        if fault is not None:
            fields |= _described("restore", fault)
            running.wait(_SECONDS)
            return
    for number, event in enumerate(case.events, start=1):
        with api.invoke(
            event.body,
            timeout=event.seconds,
            client_context=event.client_context,
            cognito_identity=event.identity,
            trace_id=event.trace,
            extra_headers=event.headers,
        ) as invocation:
            fields |= _answered(str(number), invocation.read())


def _settle(api: RuntimeApi, running: Running, events: int) -> None:
    """Waits until the client asks for another event or has ended, so that what it writes has been written."""
    ends = time.monotonic() + _SECONDS
    while running.status is None and time.monotonic() < ends:
        if sum(found.path.endswith("/invocation/next") for found in api.requests) > events:
            return
        time.sleep(0.01)


def _answered(name: str, answer: CompleteResponse) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if answer.head is not None:
        body = answer.body.decode("utf-8", "backslashreplace")
        fields[f"{name}.mode"] = "stream" if answer.head.streaming else "whole"
        fields[f"{name}.type"] = answer.head.content_type
        fields[f"{name}.body"] = body
    if answer.fault is not None:
        fields |= _described(name, answer.fault)
    return fields


def _described(name: str, fault: RuntimeFault) -> dict[str, Any]:
    fields: dict[str, Any] = {f"{name}.error": fault.type}
    headers = {header.lower(): value for header, value in fault.headers}
    cause = headers.get("lambda-runtime-function-xray-error-cause")
    if cause:
        document = json.loads(cause.encode("latin-1"))
        document["paths"].sort()
        fields[f"{name}.cause"] = document
    try:
        document = json.loads(fault.body)
    except ValueError:
        return fields
    return fields | {
        f"{name}.message": document.pop("errorMessage", None),
        f"{name}.kind": document.pop("errorType", None),
        f"{name}.stack": document.pop("stackTrace", None),
        f"{name}.rest": document,
    }


def _written(output: Output) -> Mapping[str, Any]:
    return {
        "stdout": output.stdout.decode("utf-8", "backslashreplace"),
        "stderr": output.stderr.decode("utf-8", "backslashreplace"),
        "frames": read_frames(output.telemetry),
    }


def read_frames(data: bytes) -> list[str]:
    """Returns the frames of the telemetry descriptor: the type in hexadecimal digits, and the text."""
    frames = []
    while data:
        size = int.from_bytes(data[4:8], "big")
        assert abs(int.from_bytes(data[8:16], "big") / 1e6 - time.time()) < 300, "the time of a frame is wrong"
        frames.append(f"{data[:4].hex()} {data[16 : 16 + size].decode()}")
        data = data[16 + size :]
    return frames


class _Cleaner:
    """Takes out of values what differs from one run to the next."""

    def __init__(self, folder: Path) -> None:
        self._paths = {
            str(folder / "task"): "/var/task",
            str(folder / "opt"): "/opt",
            str(BOOTSTRAP.parent): "/var/runtime",
            runtime_folder(): "/var/runtime",
            sysconfig.get_path("stdlib"): "/var/lang/lib/python",
        }

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self(item) for item in value]
        if isinstance(value, dict):
            return {name: self(item) for name, item in value.items()}
        return value

    def _text(self, text: str) -> str:
        for path, name in self._paths.items():
            text = text.replace(path, name)
        text = _ADDRESS.sub("0xADDRESS", _STAMP.sub("TIME", text))
        if len(text) <= _LONGEST_SHOWN:
            return text
        return f"{len(text)} characters, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
