"""dynalite, a DynamoDB for tests that is atomic: `make dynalite` installs what tests/dynalite pins, into build/."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.client_environments import (
    NotInstalled,
    find_node_environment,
    find_node_program,
    node_environment,
    node_program,
)

VARIABLE = "DYNALITE"
"""The path of another dynalite than the one that `make dynalite` installs."""
_TESTS = Path(__file__).parents[1]
_PINS = _TESTS / "dynalite"
_NODE = _TESTS / "e2e" / "llm_clients" / "node"
"""Its requirements.txt pins node, which the clients there need too."""
_ROOT = _TESTS.parent / "build" / "clients"


def install() -> None:
    """Installs node and dynalite, unless they are there. NotInstalled where the packages can't be had."""
    node_environment(_PINS, _ROOT, node_program(_NODE, _ROOT))


def find_command(environ: Mapping[str, str] = os.environ, root: Path = _ROOT) -> list[str]:
    """The command that runs dynalite. The test is skipped where there is none, and fails where it may not skip.

    root: Where it was installed.
    """
    if environ.get(VARIABLE):
        return [environ[VARIABLE]]
    made, node = find_node_environment(_PINS, root), find_node_program(_NODE, root)
    if made and node:
        return [str(node), str(made / "node_modules" / "dynalite" / "cli.js")]
    found = shutil.which("dynalite", path=environ.get("PATH", ""))
    if found:
        return [found]
    reason = "dynalite is not installed: `make dynalite` does it"
    if environ.get("PILOTLIGHT_E2E") == "required":
        pytest.fail(f"{reason}, and PILOTLIGHT_E2E=required forbids to skip")
    pytest.skip(reason)


@contextmanager
def run_server(log: Path, host: str = "127.0.0.1", port: int = 0, more: Sequence[str] = ()) -> Iterator[str]:
    """The URL of an empty dynalite, until the block ends.

    log: The file that it writes to. port: 0 for a free one. more: Options.
    """
    command = [*find_command(), "--host", host, "--createTableMs", "0", *more]
    port = port or _find_port(host)
    with log.open("ab") as said:
        process = subprocess.Popen([*command, "--port", str(port)], stdout=said, stderr=said)
        try:
            _wait_for(host, port, process)
            yield f"http://{host}:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _find_port(host: str) -> int:
    with socket.socket() as free:
        free.bind((host, 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            assert process.poll() is None, "dynalite has ended"
            assert time.monotonic() < until, "dynalite does not listen"
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    try:
        install()
    except NotInstalled as error:
        sys.exit(f"make dynalite: npm cannot install it here: {error}")
