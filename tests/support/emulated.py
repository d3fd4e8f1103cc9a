"""A packaged function under AWS's runtime interface emulator, and requests to it."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from pilotlight.local.event import WebRequest, rest_event
from pilotlight.local.routes import Route

INVOCATIONS = "2015-03-31/functions/function/invocations"
SETTINGS = {"AWS_LAMBDA_FUNCTION_HANDLER": "app.handler", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}


class Unpacked(NamedTuple):
    """What Lambda unpacks. function: /var/task. layer: /opt."""

    function: Path
    layer: Path


class Running(NamedTuple):
    """A function in a container. url: where it is invoked. container: its id."""

    url: str
    container: str

    def commands(self) -> str:
        """The command lines of its processes."""
        return commands_in(self.container)


def commands_in(container: str) -> str:
    """The command lines of the processes of a container."""
    return subprocess.run(
        ["docker", "top", container, "-eo", "args"], check=True, capture_output=True, text=True
    ).stdout


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait(answers: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answers():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(why())


@contextmanager
def in_container(unpacked: Unpacked, emulator: Path, image: str, variables: Mapping[str, str]) -> Iterator[Running]:
    """The function in its base image, with these variables; it cannot write to its files."""
    mounts = {unpacked.function: "/var/task", unpacked.layer: "/opt", emulator: "/usr/local/bin/aws-lambda-rie"}
    command = ["docker", "run", "--detach", "--read-only", "--tmpfs", "/tmp", "--publish", "127.0.0.1::8080"]  # noqa: S108  (inside the container)
    for source, target in mounts.items():
        command += ["--volume", f"{source}:{target}:ro"]
    for name, value in {**SETTINGS, **variables}.items():
        command += ["--env", f"{name}={value}"]
    command += ["--entrypoint", "/usr/local/bin/aws-lambda-rie", image, "--log-level", "error"]
    container = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        port = subprocess.run(["docker", "port", container, "8080"], check=True, capture_output=True, text=True).stdout
        yield Running(f"http://{port.splitlines()[0].strip()}/{INVOCATIONS}", container)
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)


@contextmanager
def on_this_machine(unpacked: Unpacked, emulator: Path, python: Path, log: Path) -> Iterator[str]:
    """The address of the function under the interpreter `python`, started by the layer's start file."""
    address, runtime_api = (f"127.0.0.1:{free_port()}" for _ in range(2))
    environ = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(unpacked.function),
        "PYTHONPATH": str(unpacked.layer / "python"),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
        **SETTINGS,
    }
    command = [emulator, "--runtime-interface-emulator-address", address, "--runtime-api-address", runtime_api]
    start = [unpacked.layer / "pilotlight-start", python, "/var/runtime/bootstrap.py"]
    with log.open("w") as said:
        process = subprocess.Popen(
            [*command, "--log-level", "error", *start], env=environ, cwd=unpacked.function, stdout=said, stderr=said
        )
        try:
            yield f"http://{address}/{INVOCATIONS}"
        finally:
            process.terminate()
            process.wait(30)


def ask(
    url: str, request: tuple[str, str], resource: str, body: bytes = b"", kind: str = "application/json"
) -> tuple[int, Any]:
    """Status and JSON of the function's answer to a REST API's event. request: method and path. kind: of the body."""
    method, path = request
    proxy = path.removeprefix(resource.removesuffix("{proxy+}")) if resource.endswith("{proxy+}") else None
    route = Route(resource=resource, proxy=proxy, function="it")
    event = rest_event(WebRequest(method, path, [("Content-Type", kind)], body, "an-id", time.time()), route)
    answers: list[requests.Response] = []

    def answer() -> bool:
        answers.append(requests.post(url, json=event, timeout=60))
        return True

    wait(answer, 30, lambda: f"{url} does not answer")
    answered = answers[-1].json()
    assert "statusCode" in answered, answered
    content = answered["body"]
    text = base64.b64decode(content).decode() if answered.get("isBase64Encoded") else content
    return answered["statusCode"], json.loads(text)
