"""A project under `sam local` whose functions ask a table for keys, and the command line that administers the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from support.dynalite import run_server
from support.project import Ran
from support.sam import SamProject
from support.sam_local import local_api
from support.tenants import TABLE, Table

ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"
_VARIABLE = "        PILOTLIGHT_SERVICE_TABLE:\n"
ACCOUNT = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "invented",
    "AWS_SECRET_ACCESS_KEY": "invented",
}


def find_bridge() -> str:
    """The address of this machine on the network of Docker's containers."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    command = ["docker", "network", "inspect", "bridge", "--format", form]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class HostTable:
    """dynalite where containers reach it. What it holds outlives `stop`.

    folder: For its files. host: The address that it listens at.
    """

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder
        self._host = host
        self._running = ExitStack()
        self._port = 0
        self.start()
        self.table = Table(self.url)
        self.table.create()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> None:
        """Listens, at the same port as before."""
        options = ["--path", str(self._folder / "items")]
        server = run_server(self._folder / "dynalite.log", self._host, self._port, options)
        self._port = int(self._running.enter_context(server).rpartition(":")[2])

    def stop(self) -> None:
        """Ends the process."""
        self._running.close()

    def close(self) -> None:
        """Ends the process and the connections to it."""
        self.table.close()
        self.stop()


class Operator(NamedTuple):
    """Who administers the service. environ: Where the table and the identity are. table: Its name."""

    root: Path
    environ: Mapping[str, str]
    table: str = TABLE

    def __call__(self, *argv: str) -> Ran:
        """Runs `pilotlight ARGV` in the project, in a process of its own. AssertionError where it fails."""
        ran = self.run(*argv)
        assert ran.code == 0, ran.err
        return ran

    def run(self, *argv: str) -> Ran:
        """The same, whatever the exit code."""
        command = [sys.executable, "-m", "pilotlight", *argv, "--table", self.table]
        environ = {**os.environ, **self.environ}
        done = subprocess.run(command, cwd=self.root, env=environ, check=False, capture_output=True, text=True)
        return Ran(done.returncode, done.stdout, done.stderr)

    def create_key(self, tenant: str, plan: str, *options: str) -> str:
        """A key of a tenant, which is created where it isn't there."""
        self("tenants", "create", tenant, "--plan", plan)
        key = self("keys", "create", "--tenant", tenant, *options, "--json").json["secret"]
        assert isinstance(key, str)
        return key


class LocalService(NamedTuple):
    """A running service. log: What `sam local` writes, with the functions' lines."""

    address: str
    log: Path
    operator: Operator
    host: HostTable

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        """An answer of a function."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(f"http://{self.address}{path}", json=body, headers=named, timeout=60)

    def get(self, path: str, **headers: str) -> requests.Response:
        """The same for GET."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(f"http://{self.address}{path}", headers=named, timeout=60)


@contextmanager
def run_operator(root: Path, host: HostTable, plans: str) -> Iterator[Operator]:
    """The command line of the project in `root`, with these plans; moto answers who it is."""
    from moto.server import ThreadedMotoServer

    (root / "plans.toml").write_text(plans)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    try:
        name, port = moto.get_host_and_port()
        yield Operator(root, {**ACCOUNT, ENDPOINT: host.url, "AWS_ENDPOINT_URL_STS": f"http://{name}:{port}"})
    finally:
        moto.stop()


@contextmanager
def local_service(
    project: SamProject, folder: Path, host: HostTable, operator: Operator, client: str
) -> Iterator[LocalService]:
    """The project's API with Service=on.

    folder: For the log. client: The parameter RuntimeClient.
    """
    variables = folder / "variables.json"
    variables.write_text(json.dumps({"Parameters": {"PILOTLIGHT_SERVICE_TABLE": TABLE, ENDPOINT: host.url}}))
    options = ["--template-file", str(_name_endpoint(project)), "--env-vars", str(variables)]
    log = folder / "start-api.log"
    with local_api(project, log, ["Service=on", f"RuntimeClient={client}"], options) as address:
        yield LocalService(address, log, operator, host)


def _name_endpoint(project: SamProject) -> Path:
    """A copy of the built template whose functions have the variable of the endpoint, which --env-vars sets.

    `sam local` passes on only variables that the template names.
    """
    text = (project.built / "template.yaml").read_text()
    assert text.count(_VARIABLE) == 1
    copy = project.built / "service.yaml"
    copy.write_text(text.replace(_VARIABLE, f"        {ENDPOINT}: ''\n{_VARIABLE}"))
    return copy
