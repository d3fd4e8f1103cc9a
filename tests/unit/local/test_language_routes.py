"""Which language model a request of OpenAI's API goes to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotlight.local.language_routes import find_language_route, find_tasks
from pilotlight.local.routes import Route

pytestmark = pytest.mark.unit

LANGUAGES = {"tag-it": "tag", "first": "generate", "second": "generate", "vectors": "embed"}


def route(path: str, body: object = None, languages: dict[str, str] | None = None) -> Route | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return find_language_route(path, raw, LANGUAGES if languages is None else languages)


@pytest.mark.parametrize(
    ("path", "body", "function"),
    [
        ("/v1/chat/completions", {"model": "second"}, "second"),
        ("/v1/chat/completions/", {"model": "second"}, "second"),
        ("/v1/chat/completions", {"model": "unknown"}, "first"),
        ("/v1/chat/completions", {"model": 5}, "first"),
        ("/v1/chat/completions", [], "first"),
        ("/v1/chat/completions", b"", "first"),
        ("/v1/chat/completions", b"\xff", "first"),
        ("/v1/chat/completions", b"[" * 100_000, "first"),
        ("/v1/completions", {"model": "first"}, "first"),
        ("/v1/embeddings", {"model": "vectors"}, "vectors"),
        ("/v1/embeddings", {}, "vectors"),
        ("/v1/embeddings", {"model": "first"}, "first"),
        ("/v1/rerank", {}, "vectors"),
        ("/v2/rerank", {"model": "vectors"}, "vectors"),
    ],
)
def test_a_plain_path_goes_by_the_model_in_the_body(path: str, body: object, function: str) -> None:
    assert route(path, body) == Route(function, path.rstrip("/"), None)


def test_a_path_below_a_models_name_is_its_own() -> None:
    assert route("/second/v1/chat/completions", {"model": "first"}) == Route(
        "second", "/second/v1/{proxy+}", "chat/completions"
    )
    assert route("/second/v1/anything/else") == Route("second", "/second/v1/{proxy+}", "anything/else")


@pytest.mark.parametrize("path", ["/v1/models", "/v2", "/v2/models/first/infer", "/first/v1/", "/digits/v1/x", "/"])
def test_other_paths_are_not_of_this_api(path: str) -> None:
    assert route(path, {"model": "first"}) is None


def test_the_only_model_gets_each_plain_path() -> None:
    assert route("/v1/embeddings", {}, {"one": "generate"}) == Route("one", "/v1/embeddings", None)
    assert route("/v1/chat/completions", {}, {}) is None


def test_tasks_are_read_from_the_packaged_functions(tmp_path: Path) -> None:
    contents = {"a": b'{"task": "generate"}', "b": b"{", "c": b"[]", "d": b'{"task": 1}'}
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "language.json").write_bytes(content)
    folders = {name: tmp_path / name for name in (*contents, "e")}
    assert find_tasks(folders) == {"a": "generate"}
