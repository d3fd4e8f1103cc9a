"""A service on this machine: `pilotlight serve` asks for keys, counts, and the commands show what was used."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from support.project import new_project
from support.serve_process import served

CAPTURE = "\n[capture]\nshare = 1\ndays = 7\n"
TARIFF = "\n[units]\nrows = 2\n\n[price.2026-01-01]\nrows = 1500\n"


def ask(address: str, key: str, rows: int) -> tuple[int, dict[str, str]]:
    """Asks the adder for some rows."""
    tensors = [{"name": n, "datatype": "FP32", "shape": [rows, 3], "data": [1.0] * (3 * rows)} for n in ("a", "b")]
    body = json.dumps({"inputs": tensors})
    connection = HTTPConnection(address.removeprefix("http://"))
    with closing(connection):
        headers = {"content-type": "application/json", "x-api-key": key}
        connection.request("POST", "/v2/models/adder/infer", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def test_a_key_is_asked_for_counted_and_revoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = new_project(tmp_path)
    desk.imported()
    with (tmp_path / "functions" / "adder" / "model.toml").open("a") as file:
        file.write(TARIFF)
    (tmp_path / "plans.toml").write_text("[plans.free]\nday = 11\n")
    table = f"sqlite:{tmp_path / 'service.sqlite'}"
    assert desk("tenants", "create", "acme", "--plan", "free", "--table", table).code == 0
    key = desk("keys", "create", "--tenant", "acme", "--table", table, "--json").json["secret"]
    monkeypatch.setenv("PILOTLIGHT_SERVICE_TABLE", table)
    with served(tmp_path) as running:
        assert [ask(running.address, each, 1)[0] for each in (key[:-1], key[:-1] + "!", "")] == [401] * 3
        status, headers = ask(running.address, key, 2)
        assert status == 200
        assert headers["x-ratelimit-remaining-units"] == "7"
        desk("keys", "revoke", key, "--table", table)
        assert ask(running.address, key, 1)[0] == 401
        key = desk("keys", "create", "--tenant", "acme", "--table", table, "--json").json["secret"]
        assert [ask(running.address, key, rows)[0] for rows in (3, 1)] == [200, 429]
        log = running.log.read_text()
    rows = desk("usage", "--table", table, "--json").json["usage"]
    assert sorted((row["model"], row["unit"], row["value"]) for row in rows) == [
        *(("adder", "micro_dollars", 3000), ("adder", "micro_dollars", 4500)),
        *(("adder", "requests", 1), ("adder", "requests", 1)),
        *(("adder", "rows", 2), ("adder", "rows", 3)),
    ]
    (tmp_path / "log").write_text(log)
    audit = desk("usage", "--audit", "--log", "log", "--table", table, "--json")
    assert (audit.code, audit.json["differences"]) == (0, [])


def test_requests_of_a_tenant_that_agrees_are_captured_until_it_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new_project(tmp_path)
    desk.imported()
    with (tmp_path / "functions" / "adder" / "model.toml").open("a") as file:
        file.write(CAPTURE)
    (tmp_path / "plans.toml").write_text("[plans.free]\nday = 100\n")
    keys = {}
    for tenant in ("acme", "other"):
        assert desk("tenants", "create", tenant, "--plan", "free").code == 0
        keys[tenant] = desk("keys", "create", "--tenant", tenant, "--json").json["secret"]
    assert desk("tenants", "capture", "acme", "--on").code == 0
    folder = tmp_path / ".pilotlight" / "captures"
    monkeypatch.setenv("PILOTLIGHT_SERVICE_TABLE", f"sqlite:{tmp_path / '.pilotlight' / 'service.sqlite'}")
    monkeypatch.setenv("PILOTLIGHT_CAPTURES", str(folder))
    with served(tmp_path) as running:
        assert [ask(running.address, keys[tenant], 2)[0] for tenant in ("acme", "other", "acme")] == [200] * 3
        (first, second) = desk("captures", "--tenant", "acme", "--json").json["captures"]
        assert desk("captures", "--tenant", "other", "--json").json["captures"] == []
        shown = desk("captures", "--tenant", "acme", "--show", first["name"]).out
        assert '"datatype": "FP32", "shape": [2, 3]' in shown
        assert "status 200" in shown
        assert first["days"] == second["days"] == 7
        assert desk("forget", "--tenant", "acme", "--yes").code == 0
        assert ask(running.address, keys["acme"], 2)[0] == 401
        assert ask(running.address, keys["other"], 2)[0] == 200
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_relative_path_is_refused_since_functions_run_elsewhere(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    refused = desk("serve", PILOTLIGHT_SERVICE_TABLE="sqlite:.pilotlight/service.sqlite")
    assert refused.code == 1
    assert f"Set it to sqlite:{tmp_path}/.pilotlight/service.sqlite." in " ".join(refused.err.split())
