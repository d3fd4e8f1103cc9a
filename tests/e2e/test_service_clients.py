"""KServe's own client talks to a service that `pilotlight serve` runs, with its key in either header.

It is a program in service_clients/ that prints what came back as JSON, in an environment of its own. OpenAI's client
and Triton's are in the project's environment: tests/integration/runtime/metering/test_metered_clients.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.client_environments import NotInstalled, python_environment
from support.project import Desk, new_project
from support.serve_process import served

HERE = Path(__file__).parent
CLIENT = HERE / "service_clients" / "kserve"
GUARD = HERE / "llm_clients" / "only_loopback.py"
SUM, DIFFERENCE = [[2.0, 4.0, 6.0]], [[0.0, 0.0, 0.0]]


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, missing: Callable[[str], None]) -> Path:
    """The interpreter that has KServe's client."""
    try:
        return python_environment(CLIENT / "requirements.txt", request.config.rootpath / "build" / "clients")
    except NotInstalled as error:
        missing(f"KServe's client cannot be installed here: {error}")
        raise


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with the model adder, a tenant for each header, and the table where `pilotlight serve` looks for it."""
    desk = new_project(tmp_path_factory.mktemp("service"))
    desk.imported()
    (desk.root / "plans.toml").write_text("[plans.free]\nday = 3\n")
    return desk


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOTLIGHT_SERVICE_TABLE", f"sqlite:{desk.root / '.pilotlight' / 'service.sqlite'}")
        with served(desk.root) as server:
            yield server.address


@pytest.mark.parametrize(("name", "form"), [("Authorization", "Bearer {}"), ("x-api-key", "{}")])
def test_kserves_client_sends_the_key_in_either_header(
    desk: Desk, address: str, python: Path, tmp_path: Path, name: str, form: str
) -> None:
    tenant = name.lower()
    assert desk("tenants", "create", tenant, "--plan", "free").code == 0
    key = desk("keys", "create", "--tenant", tenant, "--json").json["secret"]
    command = [str(python), str(GUARD), str(CLIENT / "client.py"), address, name, form.format(key)]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "reached out" not in done.stderr
    check(json.loads(done.stdout.splitlines()[-1]))


def check(found: dict[str, Any]) -> None:
    assert found["ready"] == [True, True, True]
    assert found["json"] == found["binary"] == {"sum": SUM, "difference": DIFFERENCE}
    assert found["predictions"] == [{"sum": SUM[0], "difference": DIFFERENCE[0]}]
    assert found["left"] == ["2", "1", "0"]
    refusals = {"no key": (401, "no API key"), "wrong key": (401, "checksum"), "used up": (429, "quota of the day")}
    for name, (status, message) in refusals.items():
        error, got, text = found[name]
        assert (error, got) == ("HTTPStatusError", status)
        assert message in text, name
