"""`sam local start-api` as a process of its own, and what a Triton client needs to ask it."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests

from support.sam import SamProject


def accepting() -> dict[str, str]:
    """The emulator decodes a binary answer only for a request that accepts something; API Gateway needs no such header.

    A fresh dictionary each time: the client writes its own headers into it.
    """
    return {"Accept": "*/*"}


@contextmanager
def local_api(
    project: SamProject, log: Path, parameters: Sequence[str] = (), options: Sequence[str] = ()
) -> Iterator[str]:
    """HOST:PORT where the project's API answers until the block ends; what it says goes to `log`.

    parameters: of the template, as NAME=VALUE. options: more of the command's.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [project.sam.program, "local", "start-api", "--skip-pull-image", "--warm-containers", "LAZY"]
    command += ["--port", address.rpartition(":")[2], *options]
    if parameters:
        command += ["--parameter-overrides", *parameters]
    with log.open("w") as said:
        process = subprocess.Popen(
            command, cwd=project.root, env=project.sam.environ({}), stdout=said, stderr=subprocess.STDOUT
        )
        try:
            wait_until_it_answers(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(60)
            remove_containers(log)


def wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://{address}/v2/health/live", timeout=60).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.3)
    raise AssertionError(f"sam local does not answer: {log.read_text()[-3000:]}")


def containers_in(log: Path) -> list[str]:
    """The ids of the containers that sam named in its log."""
    return re.findall(r"SAM_CONTAINER_ID: ([0-9a-f]{64})", log.read_text())


def remove_containers(log: Path) -> None:
    """What sam left behind of the containers that it named in its log: none where it ended well."""
    for container in containers_in(log):
        subprocess.run(["docker", "rm", "--force", container], check=False, capture_output=True)


def tensor(name: str, array: np.ndarray, datatype: str, *, binary: bool) -> Any:
    """`array` as an input of a Triton client."""
    from tritonclient import http as triton

    given = triton.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given
