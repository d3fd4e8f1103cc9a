import gzip
import json

import pytest

from pilotlight_runtime.catalog import CatalogService
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog, load_catalog
from pilotlight_runtime.errors import InvalidRequest, ManifestError, MethodNotAllowed, NotFound, TooLarge
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol.http import HttpRequest
from pilotlight_runtime.protocol.server_metadata import SERVER_VERSION

ENTRIES = [CatalogEntry("digits", "0123456789ab"), CatalogEntry("spam", "ba9876543210")]


def ask(method: str, path: str, body: bytes = b"", entries: list[CatalogEntry] = ENTRIES, **headers: str) -> object:
    request = HttpRequest(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    answer = CatalogService(entries).answer(request, Trace(lambda: 0.0))
    assert answer.status == 200
    return json.loads(answer.body)


def test_server_metadata() -> None:
    assert ask("GET", "/v2") == {
        "name": "pilotlight",
        "version": SERVER_VERSION,
        "extensions": ["binary_tensor_data", "model_repository"],
    }


def test_health() -> None:
    assert ask("GET", "/v2/health/live") == {"live": True}
    assert ask("GET", "/v2/health/ready") == {"ready": True}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"ready": true}', b'{"ready": false, "repository_name": ""}'])
def test_the_index_has_every_model(body: bytes) -> None:
    assert ask("POST", "/v2/repository/index", body) == [
        {"name": "digits", "version": "0123456789ab", "state": "READY", "reason": ""},
        {"name": "spam", "version": "ba9876543210", "state": "READY", "reason": ""},
    ]


def test_a_catalog_is_read_as_it_was_written() -> None:
    assert load_catalog(dump_catalog(LANGUAGE)) == sorted(LANGUAGE)
    assert b"task" not in dump_catalog(ENTRIES)


def test_the_index_unpacks_its_question() -> None:
    assert ask("POST", "/v2/repository/index", gzip.compress(b"{}"), content_encoding="gzip")


@pytest.mark.parametrize("body", [b"[]", b'{"ready": 1}', b"{"])
def test_the_index_refuses_what_is_no_question(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        ask("POST", "/v2/repository/index", body)


def test_the_index_refuses_a_body_that_is_no_question() -> None:
    with pytest.raises(TooLarge, match="the most is 65536"):
        ask("POST", "/v2/repository/index", b"[" + b"1," * 65_536 + b"1]")


LANGUAGE = [*ENTRIES, CatalogEntry("chat", "abcdef012345", "generate", 1767225600)]
CHAT = {"id": "chat", "object": "model", "created": 1767225600, "owned_by": "pilotlight"}


def test_openais_clients_see_the_language_models() -> None:
    assert ask("GET", "/v1/models", entries=LANGUAGE) == {"object": "list", "data": [CHAT]}
    assert ask("GET", "/v1/models/") == {"object": "list", "data": []}


def test_one_answer_describes_a_language_model_to_openais_clients_and_those_of_tensorflow_serving() -> None:
    status = {"version": "abcdef012345", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert ask("GET", "/v1/models/chat", entries=LANGUAGE) == {**CHAT, "model_version_status": [status]}


@pytest.mark.parametrize("path", ["/v1/models/digits", "/v1/models/other", "/v1/models/chat/versions/abcdef012345"])
def test_a_model_that_is_described_elsewhere_or_nowhere_is_404(path: str) -> None:
    with pytest.raises(NotFound, match="the models of this endpoint are: digits, spam, chat"):
        ask("GET", path, entries=LANGUAGE)


def test_the_list_of_models_is_only_read() -> None:
    with pytest.raises(MethodNotAllowed):
        ask("POST", "/v1/models", entries=LANGUAGE)


@pytest.mark.parametrize("path", ["/", "/v2/models/other", "/v2/models/digits/infer/more", "/v1/models/other:predict"])
def test_unknown_paths_name_the_known_models(path: str) -> None:
    method = "POST" if path.endswith(":predict") else "GET"
    with pytest.raises(NotFound, match="the models of this endpoint are: digits, spam"):
        ask(method, path)


def test_an_endpoint_without_models_says_so() -> None:
    assert ask("POST", "/v2/repository/index", entries=[]) == []
    with pytest.raises(NotFound, match="the models of this endpoint are: none"):
        ask("GET", "/", entries=[])


def test_another_method() -> None:
    with pytest.raises(MethodNotAllowed):
        ask("GET", "/v2/repository/index")


def test_the_index_file_both_ways() -> None:
    raw = dump_catalog(list(reversed(ENTRIES)))
    assert load_catalog(raw) == ENTRIES
    assert raw.endswith(b"}\n")
    assert json.loads(raw) == {
        "schema": 1,
        "models": [{"name": "digits", "version": "0123456789ab"}, {"name": "spam", "version": "ba9876543210"}],
    }


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "catalog.json is malformed"),
        (b"\xff", "catalog.json is malformed"),
        (b"[]", "catalog.json is malformed"),
        (b'{"models": []}', "KeyError"),
        (b'{"schema": 2, "models": []}', "catalog.json has schema 2; this runtime reads schema 1"),
        (b'{"schema": 1, "models": [{"name": "a"}]}', "KeyError"),
        (b'{"schema": 1, "models": 3}', "catalog.json is malformed"),
    ],
)
def test_a_damaged_index_file(raw: bytes, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_catalog(raw)
    assert message in str(caught.value)
