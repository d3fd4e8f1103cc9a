"""A service through the real `sam build` and `sam local start-api`, with a table in dynalite beside it.

The command line makes tenants and keys in the table, and the functions ask it from their containers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import recompute_invoice
from support.emulated import commands_in, wait
from support.local_service import HostTable, LocalService, Operator, local_service, run_operator
from support.sam import SamProject
from support.sam_local import accepting, containers_in, tensor

LIMIT = 40
PLANS = f"""
[plans.free]
month = {LIMIT}

[plans.pro]
day = 1_000
month = 5_000_000
"""
DIGITS, LANGUAGE, SENTIMENT, TRANSLATE = (
    f"/v2/models/{name}/infer" for name in ("digits", "language", "sentiment", "translate")
)
UNITS = {DIGITS: 2, LANGUAGE: 1, TRANSLATE: 1}
"""What one row or text takes."""


def write_body(path: str, rows: int = 1) -> dict[str, Any]:
    """A request of the model behind a path."""
    if path == DIGITS:
        inputs = {"name": "image", "datatype": "FP32", "shape": [rows, 28, 28, 1], "data": [0.0] * 784 * rows}
    else:
        inputs = {"name": "text", "datatype": "BYTES", "shape": [rows], "data": ["six"] * rows}
    return {"inputs": [inputs]}


@pytest.fixture(scope="module")
def host(bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostTable]:
    with closing(HostTable(tmp_path_factory.mktemp("table"), bridge)) as host:
        yield host


@pytest.fixture(scope="module")
def operator(project: SamProject, host: HostTable) -> Iterator[Operator]:
    with run_operator(project.root, host, PLANS) as operator:
        yield operator


@pytest.fixture(scope="module")
def service(
    project: SamProject, host: HostTable, operator: Operator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalService]:
    with local_service(project, tmp_path_factory.mktemp("service"), host, operator, "own") as service:
        yield service


def test_only_a_key_that_holds_is_answered(service: LocalService) -> None:
    operator = service.operator
    key = operator.create_key("known", "pro")
    narrow = operator.create_key("narrow", "pro", "--models", "language")
    idle = operator.create_key("idle", "pro")
    operator("tenants", "suspend", "idle")
    body = write_body(DIGITS)
    found = {
        "no key": service.post(DIGITS, body),
        "mistyped": service.post(DIGITS, body, x_api_key=f"{key[:-1]}!"),
        "two keys": service.post(DIGITS, body, x_api_key=key, Authorization=f"Bearer {narrow}"),
        "suspended": service.post(DIGITS, body, x_api_key=idle),
        "other model": service.post(DIGITS, body, x_api_key=narrow),
        "its model": service.post(LANGUAGE, write_body(LANGUAGE), x_api_key=narrow),
        "x-api-key": service.post(DIGITS, body, x_api_key=key),
        "Bearer": service.post(DIGITS, body, Authorization=f"Bearer {key}"),
        "metadata without a key": service.get("/v2/models/digits"),
        "metadata": service.get("/v2/models/digits", x_api_key=key),
        "the catalog": service.get("/v2", x_api_key=key),
        "health": service.get("/v2/health/ready"),
    }
    assert {name: answer.status_code for name, answer in found.items()} == {
        **dict.fromkeys(("no key", "mistyped", "two keys", "metadata without a key"), 401),
        **dict.fromkeys(("suspended", "other model"), 403),
        **dict.fromkeys(("its model", "x-api-key", "Bearer", "metadata", "the catalog", "health"), 200),
    }
    assert "suspended" in found["suspended"].json()["error"]
    assert found["Bearer"].headers["x-ratelimit-remaining-day"] == "996"


def test_usage_tells_what_a_key_and_its_tenant_have_used(service: LocalService) -> None:
    keys = [service.operator.create_key("readers", "pro", "--label", label) for label in ("one", "two")]
    assert service.post(DIGITS, write_body(DIGITS, 3), x_api_key=keys[0]).status_code == 200
    assert service.post(SENTIMENT, write_body(SENTIMENT, 2), x_api_key=keys[1]).status_code == 200
    found = service.get("/v1/usage", Authorization=f"Bearer {keys[0]}").json()
    digits = {"model": "digits", "counts": {"images": 3, "requests": 1, "rows": 3}, "micro_dollars": 4500}
    sentiment = {
        "model": "sentiment",
        "counts": {"requests": 1, "rows": 2, "characters": 6},
        "micro_dollars": 2,
    }
    assert found["usage"]["key"] == [digits]
    assert sorted(found["usage"]["tenant"], key=lambda each: str(each["model"])) == [digits, sentiment]
    assert found["windows"]["day"]["remaining"] == 1_000 - 3 * UNITS[DIGITS] - 6


def test_callers_of_several_functions_get_exactly_the_limit(service: LocalService) -> None:
    key = service.operator.create_key("busy", "free")
    for path in UNITS:  # their containers start, which costs nothing
        assert service.get(path.removesuffix("/infer"), x_api_key=key).status_code == 200

    def ask(path: str) -> list[int]:
        return [service.post(path, write_body(path), x_api_key=key).status_code for _ in range(12)]

    callers = [*UNITS] * 3
    with ThreadPoolExecutor(len(callers)) as pool:
        statuses = list(pool.map(ask, callers))
    assert {status for found in statuses for status in found} == {200, 429}
    answered = sum(UNITS[path] * found.count(200) for path, found in zip(callers, statuses, strict=True))
    assert answered == LIMIT
    refused = service.post(LANGUAGE, write_body(LANGUAGE), x_api_key=key)
    assert refused.status_code == 429
    assert "quota of the month" in refused.json()["error"]
    assert int(refused.headers["Retry-After"]) > 0
    windows = service.get("/v1/usage", x_api_key=key).json()["windows"]
    assert (windows["month"]["limit"], windows["month"]["remaining"]) == (LIMIT, 0)


def test_a_revoked_key_is_refused_at_once_and_a_rotated_one_in_time(service: LocalService) -> None:
    key = service.operator.create_key("leaky", "pro")
    assert service.post(DIGITS, write_body(DIGITS), x_api_key=key).status_code == 200
    new = service.operator("keys", "rotate", "default", "--tenant", "leaky", "--json").json["secret"]
    assert [service.post(DIGITS, write_body(DIGITS), x_api_key=each).status_code for each in (key, new)] == [200, 200]
    service.operator("keys", "revoke", new)
    assert [service.post(DIGITS, write_body(DIGITS), x_api_key=each).status_code for each in (new, key)] == [401, 401]


def test_the_log_and_the_invoice_have_what_was_charged(service: LocalService, tmp_path: Path) -> None:
    operator = service.operator
    key = operator.create_key("buyer", "pro")
    for rows in (1, 2, 3):
        assert service.post(DIGITS, write_body(DIGITS, rows), x_api_key=key).status_code == 200
    usage = service.get("/v1/usage", x_api_key=key).json()
    month, mark = usage["month"], f'"key_id":"{usage["key"]["id"]}"'

    def itemised() -> list[str]:
        return [line for line in service.log.read_text().splitlines() if mark in line]

    wait(lambda: len(itemised()) == 3, 20, lambda: "the lines of the log are missing")
    audit = operator("usage", "--audit", "--log", str(service.log), "--json").json
    assert audit["differences"] == []
    (tmp_path / "empty.log").touch()
    assert operator.run("usage", "--audit", "--log", str(tmp_path / "empty.log")).code == 1
    operator("invoice", "--tenant", "buyer", "--month", month, "--out", str(tmp_path))
    log = tmp_path / "buyer.log"
    log.write_text("".join(f"{line}\n" for line in itemised()))
    prices = operator.root / "functions" / "digits" / "model.toml"
    files = [str(tmp_path / f"invoice-{month}-buyer.{suffix}") for suffix in ("csv", "json")]
    command = [sys.executable, "-I", recompute_invoice.__file__, month, str(log), str(prices), *files]
    computed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(computed) == dict.fromkeys(("itemised", "csv", "json"), 6 * 1500)


def test_without_its_table_nothing_is_answered_and_it_comes_back(service: LocalService) -> None:
    key = service.operator.create_key("patient", "pro")
    assert service.post(DIGITS, write_body(DIGITS), x_api_key=key).status_code == 200
    service.host.stop()
    try:
        began = time.monotonic()
        refused = service.post(DIGITS, write_body(DIGITS), x_api_key=key)
        assert time.monotonic() - began < 10
        assert service.post(DIGITS, write_body(DIGITS), x_api_key=key).status_code == 503
    finally:
        service.host.start()
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert "outputs" not in refused.text
    answered = service.post(DIGITS, write_body(DIGITS), x_api_key=key)
    assert answered.status_code == 200
    assert answered.headers["x-ratelimit-remaining-day"] == "996"


@pytest.mark.skipif(sys.platform != "linux", reason="tritonclient has wheels for Linux alone")
@pytest.mark.parametrize(("name", "form"), [("Authorization", "Bearer {}"), ("x-api-key", "{}")])
def test_tritons_client_sends_the_key_in_either_header(service: LocalService, name: str, form: str) -> None:
    from tritonclient import http as triton
    from tritonclient.utils import InferenceServerException

    key = service.operator.create_key(f"triton-{name.lower()}", "free")
    headers = {name: form.format(key)}
    image = tensor("image", np.zeros((LIMIT // UNITS[DIGITS], 28, 28, 1), np.float32), "FP32", binary=True)
    client = triton.InferenceServerClient(service.address, connection_timeout=60, network_timeout=60)
    with pytest.raises(InferenceServerException, match="no API key"):
        client.infer("digits", [image], headers=accepting())
    answer = client.infer("digits", [image], headers={**accepting(), **headers})
    assert answer.as_numpy("probabilities").shape == (LIMIT // UNITS[DIGITS], 10)
    with pytest.raises(InferenceServerException, match="quota of the month") as refused:
        client.infer("digits", [image], headers={**accepting(), **headers})
    assert "429" in str(refused.value.status())
    client.close()


def test_environments_of_one_function_with_either_runtime_client_share_a_limit(
    project: SamProject, service: LocalService, tmp_path: Path
) -> None:
    key, body = service.operator.create_key("shared", "free"), write_body(LANGUAGE)
    with local_service(project, tmp_path, service.host, service.operator, "aws") as other:
        assert other.post(LANGUAGE, body).status_code == 401
        assert other.post(DIGITS, write_body(DIGITS, LIMIT), x_api_key=key).status_code == 429

        def ask(running: LocalService) -> int:
            statuses = [running.post(LANGUAGE, body, x_api_key=key).status_code for _ in range(LIMIT // 4 + 3)]
            return statuses.count(200)

        with ThreadPoolExecutor(4) as pool:
            answered = list(pool.map(ask, [service, other] * 2))
        running = [commands_in(container) for container in containers_in(other.log)]
    assert sum(answered) == LIMIT
    assert all(answered)
    assert all("/var/runtime/bootstrap.py" in commands for commands in running), running
