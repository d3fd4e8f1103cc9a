"""Unmodified clients of a metered endpoint, which `pilotlight serve` runs, with the key in either header."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import openai
import pytest
from support.language_functions import package_writer
from support.onnx_models import package_identity
from support.tenants import TENANT, SqliteTable, make_item, new_key

from pilotlight.local.server import LocalServer, serve_in_background
from pilotlight.workflows.local_functions import load_gateway, start_functions
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog

OTHER = new_key()
HELLO: Any = [{"role": "user", "content": "Hello"}]
LIMIT = 5
HEADERS = [("Authorization", "Bearer {}"), ("x-api-key", "{}")]


def write_app(folder: Path, kind: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(f"from pilotlight_runtime import {kind}\n\nhandler = {kind}(__file__)\n")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteTable]:
    made = SqliteTable(tmp_path_factory.mktemp("table") / "tenants.db")
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, table: SqliteTable) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("functions")
    package_writer(folder / "tiny")
    package_identity(folder / "plain", "FP32", (1,), name="plain")
    write_app(folder / "plain", "model_handler")
    write_app(folder / "catalog", "catalog_handler")
    (folder / "catalog" / "catalog.json").write_bytes(dump_catalog([CatalogEntry("plain", "0123456789ab")]))
    log = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in table.environ.items():
            patch.setenv(name, value)
        names = ("tiny", "plain", "catalog")
        with (
            start_functions(folder, names, io.StringIO().write, log, 29, streaming=("tiny",)) as functions,
            LocalServer(load_gateway(functions, log), 0, log) as server,
            serve_in_background(server),
        ):
            yield server


@pytest.fixture
def key(table: SqliteTable) -> str:
    """A key of its own for each test: functions remember what they refuse."""
    made = new_key()
    table.put(TENANT, make_item({made: {}}, now=time.time(), day_limit=LIMIT))
    return made


def ask_openai(server: LocalServer, key: str, **headers: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key=key, default_headers=headers)


def test_openais_client_is_answered_until_the_limit_and_does_not_try_again(
    server: LocalServer, table: SqliteTable, key: str
) -> None:
    statuses: list[int] = []
    http = openai.DefaultHttpxClient(event_hooks={"response": [lambda response: statuses.append(response.status_code)]})
    with ask_openai(server, key).with_options(http_client=http) as client:
        for left in range(LIMIT - 1, -1, -1):
            raw = client.chat.completions.with_raw_response.create(model="tiny", messages=HELLO, max_tokens=2)
            assert raw.headers["x-ratelimit-remaining-requests"] == str(left)
        with pytest.raises(openai.RateLimitError, match="quota of the day") as refused:
            client.chat.completions.create(model="tiny", messages=HELLO)
    assert statuses == [*[200] * LIMIT, 429]
    assert refused.value.code == "insufficient_quota"
    assert table.get(TENANT)["day_left"] == 0


def test_openais_client_streams(server: LocalServer, table: SqliteTable, key: str) -> None:
    with ask_openai(server, key) as client:
        stream = client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=4, stream=True)
        assert len(list(stream)) > 2
    assert table.get(TENANT)["day_left"] == LIMIT - 1


@pytest.mark.parametrize("bearer", [True, False])
def test_openais_client_sends_the_key_in_x_api_key_too(server: LocalServer, key: str, *, bearer: bool) -> None:
    """It always has an Authorization, unless that is left out by name."""
    headers: Any = {"x-api-key": key} | ({} if bearer else {"Authorization": openai.Omit()})
    with ask_openai(server, key) as client:
        answer = client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=2, extra_headers=headers)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2


def test_openais_client_gets_no_part_of_a_stream_that_is_refused(
    server: LocalServer, table: SqliteTable, key: str
) -> None:
    table.put(TENANT, make_item({key: {}}, now=time.time(), day_limit=LIMIT, day_left=0))
    with ask_openai(server, key) as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=2, stream=True)
    headers = refused.value.response.headers
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert 0 < int(headers["Retry-After"]) <= 86_400


def test_openais_client_tells_a_key_of_other_models_apart(server: LocalServer, table: SqliteTable, key: str) -> None:
    table.put(TENANT, make_item({key: {"models": ["plain"]}}, now=time.time(), day_limit=LIMIT))
    with ask_openai(server, key) as client, pytest.raises(openai.PermissionDeniedError, match="for this model"):
        client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=2)
    assert table.get(TENANT)["day_left"] == LIMIT


def test_openais_client_waits_as_it_is_told_while_the_table_is_away(
    server: LocalServer, table: SqliteTable, key: str
) -> None:
    times: list[float] = []

    def see(response: Any) -> None:
        times.append(time.monotonic())
        if response.status_code == 503:
            assert response.headers["Retry-After"] == "1"
            release()

    http = openai.DefaultHttpxClient(event_hooks={"response": [see]})
    with table.lock() as release, ask_openai(server, key).with_options(http_client=http) as client:
        client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=2)
    assert len(times) == 2
    assert times[1] - times[0] > 0.9
    assert table.get(TENANT)["day_left"] == LIMIT - 1


@pytest.mark.parametrize(
    ("wrong", "headers"),
    [(OTHER, {}), ("sk-none", {}), ("", {"x-api-key": OTHER})],
    ids=["unknown", "foreign", "other-header"],
)
def test_openais_client_names_a_wrong_key(
    server: LocalServer, table: SqliteTable, key: str, wrong: str, headers: dict[str, str]
) -> None:
    with (
        ask_openai(server, wrong or key, **headers) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.chat.completions.create(model="tiny", messages=HELLO)
    assert refused.value.code == "invalid_api_key"
    assert table.get(TENANT)["day_left"] == LIMIT


@pytest.mark.skipif(sys.platform != "linux", reason="tritonclient has wheels for Linux alone")
@pytest.mark.parametrize(("name", "form"), HEADERS)
def test_tritons_client_sends_the_key_in_either_header(
    server: LocalServer, table: SqliteTable, key: str, name: str, form: str
) -> None:
    from tritonclient import http as triton
    from tritonclient.utils import InferenceServerException

    headers = {name: form.format(key)}
    client = triton.InferenceServerClient(server.address.removeprefix("http://"))
    assert client.is_server_live()
    assert client.is_model_ready("plain")
    assert client.get_model_metadata("plain", headers=headers)["name"] == "plain"
    tensor = triton.InferInput("x", [1], "FP32")
    tensor.set_data_from_numpy(np.array([0.5], np.float32))
    for _ in range(LIMIT):
        assert client.infer("plain", [tensor], headers=headers).as_numpy("y") == [0.5]
    with pytest.raises(InferenceServerException, match="quota of the day"):
        client.infer("plain", [tensor], headers=headers)
    assert client.get_model_metadata("plain", headers=headers)["name"] == "plain"
    with pytest.raises(InferenceServerException, match="no API key"):
        client.infer("plain", [tensor])
    client.close()
    assert table.get(TENANT)["day_left"] == 0


@pytest.mark.parametrize(("name", "form"), HEADERS)
def test_usage_is_answered_by_the_catalog_and_by_a_language_model(
    server: LocalServer, table: SqliteTable, key: str, name: str, form: str
) -> None:
    headers = {name: form.format(key)}
    for path in ("/v1/usage", "/tiny/v1/usage"):
        with urlopen(Request(server.address + path, headers=headers)) as answer:  # noqa: S310  (a local address)
            assert json.load(answer)["windows"]["day"]["remaining"] == LIMIT
    assert table.get(TENANT)["day_left"] == LIMIT
