"""Real models: what their protocols' requests count as, through the handlers that functions have."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from support.encoder_import import package_tiny
from support.language_functions import package_writer
from support.metered_entry import Context
from support.onnx_models import package_identity
from support.tenants import TENANT, SqliteTable, make_item, new_key
from support.tiny_encoder import write_encoder

from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.language_app import language_handler

KEY = new_key()
TARIFF = {
    "units": {"tokens_in": 1, "tokens_out": 1},
    "prices": {"2026-11-01": {"tokens_in": 1_000_000, "tokens_out": 2_000_000}},
}
LIMIT = 10_000


class Model:
    """A function with a table of its own. folder: with a packaged version."""

    def __init__(self, folder: Path, table: SqliteTable, make: Any = model_handler, **fields: Any) -> None:
        self.table = table
        table.put(TENANT, make_item({KEY: {}}, now=time.time(), **{"day_limit": LIMIT, **fields}))
        self.log = io.StringIO()
        self.handler = make(str(folder / "app.py"), environ=table.environ, stream=self.log)

    def post(self, path: str, document: object, *, live: bool = False, key: str = KEY) -> dict[str, Any]:
        event = {
            "httpMethod": "POST",
            "path": path,
            "headers": {"Authorization": f"Bearer {key}"},
            "body": json.dumps(document),
            "requestContext": {},
        }
        answer: dict[str, Any] = self.handler(event, Context(can_stream=live))
        return answer

    @property
    def counts(self) -> dict[str, int]:
        """This month's counters, by unit."""
        item = self.table.get(TENANT)
        counted = {name: count for name, count in item.items() if name.startswith(("u#", "m#"))}
        return {"micro" if name[0] == "m" else name.split("#")[-1]: count for name, count in counted.items()}

    @property
    def used(self) -> int:
        return LIMIT - int(self.table.get(TENANT)["day_left"])


def set_tariff(folder: Path, tariff: object) -> None:
    """Writes a tariff into the manifest of a packaged version."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "tariff": tariff}))


@pytest.fixture
def writer(tmp_path: Path, file: SqliteTable) -> Model:
    package_writer(tmp_path / "function")
    set_tariff(tmp_path / "function", TARIFF)
    return Model(tmp_path / "function", file, language_handler)


def chat(model: Model, *, live: bool = False, **fields: Any) -> dict[str, Any]:
    document = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 7, **fields}
    return model.post("/v1/chat/completions", document, live=live)


def test_a_chat_is_charged_the_tokens_that_its_usage_has(writer: Model) -> None:
    answer = chat(writer, n=2)
    usage = json.loads(answer["body"])["usage"]
    assert usage["completion_tokens"] > 0
    assert writer.used == usage["total_tokens"]
    assert writer.counts == {
        "requests": 1,
        "rows": 1,
        "characters": 2,
        "tokens_in": usage["prompt_tokens"],
        "tokens_out": usage["completion_tokens"],
        "micro": usage["prompt_tokens"] + 2 * usage["completion_tokens"],
    }
    assert answer["headers"]["x-ratelimit-remaining-tokens"] == str(LIMIT - writer.used)


def test_a_streamed_chat_is_charged_the_same_as_a_whole_one(writer: Model) -> None:
    events = b"".join(chat(writer, live=True, stream=True, stream_options={"include_usage": True})["body"]).decode()
    usage = json.loads(events.split("data: ")[-2])["usage"]
    assert writer.used == usage["total_tokens"]
    assert writer.counts["tokens_out"] == usage["completion_tokens"]


def test_a_streamed_chat_that_is_cut_off_is_charged_what_was_written(writer: Model) -> None:
    body = chat(writer, live=True, stream=True, max_tokens=200)["body"]
    for _ in range(3):
        next(body)
    reserved = writer.used
    body.close()
    assert reserved >= 200
    assert 0 < writer.counts["tokens_out"] < 20
    assert writer.used == writer.counts["tokens_in"] + writer.counts["tokens_out"]


def test_a_chat_whose_most_is_over_the_limit_is_refused_as_openai_refuses(writer: Model) -> None:
    writer.table.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=30))
    answer = chat(writer, max_tokens=100)
    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (429, "insufficient_quota")
    assert "30 tokens" in error["message"]
    assert writer.table.get(TENANT)["day_left"] == 30


def test_completions_of_two_prompts_are_reserved_and_charged_at_once(writer: Model) -> None:
    document = {"model": "tiny", "prompt": ["one", "another"], "max_tokens": 5, "n": 2}
    usage = json.loads(writer.post("/v1/completions", document)["body"])["usage"]
    assert writer.used == usage["total_tokens"]
    assert writer.counts["requests"] == 1


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("path", ["generate", "generate_stream", "infer"])
def test_generated_texts_take_no_more_than_is_left(writer: Model, path: str, *, live: bool) -> None:
    writer.table.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=10))
    document = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["Hi"]}]}
    answer = writer.post(f"/v2/models/tiny/{path}", document if path == "infer" else {"text": "Hi"}, live=live)
    assert answer["statusCode"] == 429
    assert writer.table.get(TENANT)["day_left"] == 10


@pytest.mark.parametrize("prompt", ["Hi", [5, 6, 7, 8]])
def test_a_completion_counts_the_characters_of_its_prompts(writer: Model, prompt: str | list[int]) -> None:
    """Those of a prompt that comes as tokens, too: otherwise it would be free where characters cost."""
    writer.post("/v1/completions", {"model": "tiny", "prompt": prompt, "max_tokens": 3})
    assert writer.counts["rows"] == 1
    assert writer.counts["characters"] >= len(prompt)


@pytest.mark.parametrize("path", ["generate", "generate_stream"])
def test_texts_that_are_generated_as_tensors_count_their_tokens(writer: Model, path: str) -> None:
    answer = writer.post(f"/v2/models/tiny/{path}", {"text": "Hi"})
    assert answer["statusCode"] == 200, answer
    assert writer.counts["tokens_out"] > 0
    assert writer.used == writer.counts["tokens_in"] + writer.counts["tokens_out"]
    assert writer.counts["characters"] == 2


def test_an_embedding_counts_texts_characters_and_tokens(tmp_path: Path, file: SqliteTable) -> None:
    package_tiny(write_encoder(tmp_path / "model"), tmp_path / "function")
    set_tariff(tmp_path / "function", TARIFF)
    model = Model(tmp_path / "function", file, language_handler)
    answer = model.post("/v1/embeddings", {"model": "tiny", "input": ["a cat", "a dog"]})
    usage = json.loads(answer["body"])["usage"]
    tokens = usage["prompt_tokens"]
    assert model.counts == {"requests": 1, "rows": 2, "characters": 10, "tokens_in": tokens, "micro": tokens}
    assert model.used == tokens


ENCODER_REQUESTS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "embeddings": ("/v1/embeddings", {"model": "tiny", "input": ["a cat", "a dog"]}, 2, 10),
    "embeddings of tokens": ("/v1/embeddings", {"model": "tiny", "input": [[5, 6, 7], [0, 0]]}, 2, 5),
    "rerank": ("/v1/rerank", {"model": "tiny", "query": "a cat", "documents": ["a dog"]}, 2, 10),
    "infer": (
        "/v2/models/tiny/infer",
        {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a cat", "a dog"]}]},
        2,
        10,
    ),
    "predict": ("/v1/models/tiny:predict", {"instances": ["a cat", "a dog"]}, 2, 10),
}
"""Path and body of a request, its texts, and the fewest characters that it has."""


@pytest.mark.parametrize("case", ENCODER_REQUESTS)
def test_an_encoder_counts_the_same_on_every_route(tmp_path: Path, file: SqliteTable, case: str) -> None:
    path, document, rows, characters = ENCODER_REQUESTS[case]
    package_tiny(write_encoder(tmp_path / "model"), tmp_path / "function")
    set_tariff(tmp_path / "function", {"units": {"tokens_in": 1}})
    model = Model(tmp_path / "function", file, language_handler)
    answer = model.post(path, document)
    assert answer["statusCode"] == 200, answer
    assert model.counts["rows"] == rows
    assert model.counts["characters"] >= characters
    assert model.used == model.counts["tokens_in"] >= 2 * rows
    if path.startswith("/v1/e"):
        assert model.used == json.loads(answer["body"])["usage"]["total_tokens"]


@pytest.fixture
def tensors(tmp_path: Path, file: SqliteTable) -> Model:
    package_identity(tmp_path, "FP32", (-1, 2))
    set_tariff(tmp_path, {"units": {"rows": 1}, "prices": {"2026-11-01": {"rows": 2_500_000}}})
    return Model(tmp_path, file)


def infer(model: Model, rows: int) -> dict[str, Any]:
    tensor = {"name": "x", "datatype": "FP32", "shape": [rows, 2], "data": [0.5] * (2 * rows)}
    return model.post("/v2/models/tiny/infer", {"inputs": [tensor]})


def test_a_batch_is_charged_by_its_rows(tensors: Model) -> None:
    assert infer(tensors, 5)["statusCode"] == 200
    assert tensors.post("/v1/models/tiny:predict", {"instances": [[1.0, 2.0]] * 3})["statusCode"] == 200
    assert tensors.counts == {"requests": 2, "rows": 8, "micro": 13 + 8}
    assert tensors.used == 8


def test_a_batch_of_nothing_is_charged_one_row(tensors: Model) -> None:
    assert infer(tensors, 0)["statusCode"] == 200
    assert tensors.used == 1


def test_a_batch_over_what_is_left_runs_the_model_once(tensors: Model) -> None:
    tensors.table.put(TENANT, make_item({KEY: {}}, now=time.time(), day_limit=5))
    assert [infer(tensors, 6)["statusCode"] for _ in range(3)] == [429] * 3
    lines = [json.loads(line) for line in tensors.log.getvalue().splitlines()]
    phases = [line["milliseconds"] for line in lines if line.get("message") == "request"]
    assert ["infer" in phase for phase in phases] == [True, False, False]
    assert infer(tensors, 5)["statusCode"] == 200


def test_a_request_that_does_not_fit_costs_nothing(tensors: Model) -> None:
    assert tensors.post("/v2/models/tiny/infer", {"inputs": []})["statusCode"] == 400
    assert tensors.post("/v2/models/tiny/infer", {"inputs": []}, key=new_key())["statusCode"] == 401
    assert tensors.used == 0


def test_what_the_model_says_before_the_write_does_not_leave(tensors: Model) -> None:
    """The write is the last word: a key that is revoked while the model runs gets no answer."""
    assert infer(tensors, 1)["statusCode"] == 200
    tensors.table.put(TENANT, {**tensors.table.get(TENANT), "keys": {}})
    answer = infer(tensors, 1)
    assert answer["statusCode"] == 401
    assert "0.5" not in answer["body"]
