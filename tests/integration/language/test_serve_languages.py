"""`pilotlight import` and `pilotlight serve` with a model of each task: OpenAI's, Cohere's and the other protocols."""

from __future__ import annotations

import base64
import http.client
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from support.language.numpy_decoder import TinyConfig
from support.language.tiny_models import make_weights, write_folder
from support.project import Desk
from support.serve_process import served
from support.tiny_encoder import HIDDEN, add_sentence_modules, write_encoder

pytestmark = pytest.mark.integration

NAMES = ("writer", "vectors", "ranker", "mood", "names")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("project")
    desk = Desk(root)
    assert desk("init", ".").code == 0
    for name, folder in _write_sources(root / "sources").items():
        ran = desk("import", str(folder), "--name", name)
        assert ran.code == 0, ran.err
    with served(root) as server:
        yield server.address


def _write_sources(folder: Path) -> dict[str, Path]:
    config = TinyConfig()
    vectors = write_encoder(folder / "vectors")
    add_sentence_modules(vectors)
    return {
        "writer": write_folder(folder / "writer", config, make_weights(config)),
        "vectors": vectors,
        "ranker": write_encoder(folder / "ranker", task="rerank"),
        "mood": write_encoder(folder / "mood", task="classify", labels=["sad", "glad"]),
        "names": write_encoder(folder / "names", task="tag", labels=["O", "B-PER", "I-PER"]),
    }


@pytest.fixture(scope="module")
def client(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key="k", max_retries=0)


def ask(address: str, path: str, document: Any = None, status: int = 200) -> Any:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    body = None if document is None else json.dumps(document)
    connection.request("GET" if body is None else "POST", path, body)
    response = connection.getresponse()
    found = response.read()
    connection.close()
    assert response.status == status, found
    return json.loads(found)


def infer(address: str, name: str, **texts: list[str]) -> dict[str, Any]:
    inputs = [
        {"name": key, "datatype": "BYTES", "shape": [len(values)], "data": values} for key, values in texts.items()
    ]
    outputs = ask(address, f"/v2/models/{name}/infer", {"inputs": inputs})["outputs"]
    return {output["name"]: output["data"] for output in outputs}


def test_all_language_models_are_listed(client: openai.OpenAI, address: str) -> None:
    assert sorted(model.id for model in client.models.list()) == sorted(NAMES)
    assert client.models.retrieve("vectors").id == "vectors"
    own = openai.OpenAI(base_url=f"{address}/vectors/v1", api_key="k").models.list().data[0]
    assert own.created == client.models.retrieve("vectors").created > 1_700_000_000


def test_a_writer_chats(client: openai.OpenAI, address: str) -> None:
    messages: Any = [{"role": "user", "content": "Hello"}]
    asked: Any = {"model": "writer", "messages": messages, "max_tokens": 12, "seed": 2}
    whole = client.chat.completions.create(**asked)
    parts = client.chat.completions.create(**asked, stream=True)
    assert "".join(part.choices[0].delta.content or "" for part in parts) == whole.choices[0].message.content
    assert len(infer(address, "writer", text=["Hello", "again"])["text"]) == 2


def test_a_template_that_does_not_fit_leaves_a_base_model(tmp_path: Path) -> None:
    desk, config = Desk(tmp_path), TinyConfig()
    assert desk("init", ".").code == 0
    template = "{% for m in messages %}{{ loop.index }}{{ m.role }}{{ m.content }}{% endfor %}"
    folder = write_folder(tmp_path / "source", config, make_weights(config), template=template)
    ran = desk("import", str(folder), "--name", "plain")
    assert ran.code == 1
    assert 'chat = "none"' in ran.err
    assert desk.list_models() == []
    model = tmp_path / "functions" / "plain"
    model.mkdir(parents=True)
    (model / "model.toml").write_text('kind = "onnx"\nstream = true\n[generation]\nchat = "none"\n')
    ran = desk("import", str(folder), "--name", "plain")
    assert ran.code == 0, ran.err
    (file,) = (tmp_path / "the-store" / "plain").glob("*/language.json")
    assert "chat" not in json.loads(file.read_text())


def test_vectors_come_as_floats_and_as_base64(client: openai.OpenAI, address: str) -> None:
    texts = ["the cat sat", "a dog ran on the mat"]
    asked = {"model": "vectors", "input": texts}
    floats = ask(address, "/v1/embeddings", asked)
    packed = ask(address, "/vectors/v1/embeddings", {**asked, "encoding_format": "base64"})
    vectors = [one["embedding"] for one in floats["data"]]
    assert [one["index"] for one in floats["data"]] == [0, 1]
    assert all(len(vector) == HIDDEN for vector in vectors)
    for vector, one in zip(vectors, packed["data"], strict=True):
        assert list(struct.unpack(f"<{HIDDEN}f", base64.b64decode(one["embedding"]))) == pytest.approx(vector, abs=1e-7)
    assert sum(number * number for number in vectors[0]) == pytest.approx(1, abs=1e-5)
    assert floats["usage"] == {"prompt_tokens": 13, "total_tokens": 13}
    found = client.embeddings.create(model="vectors", input=texts)
    assert [one.embedding for one in found.data] == [pytest.approx(vector, abs=1e-6) for vector in vectors]
    assert infer(address, "vectors", text=texts[:1])["embedding"] == pytest.approx(vectors[0], abs=1e-6)


def test_tokens_are_embedded_as_their_text(address: str) -> None:
    ids = [5, 7, 9]  # the cat sat
    by_text, by_ids = (
        ask(address, "/v1/embeddings", {"model": "vectors", "input": given})["data"][0]["embedding"]
        for given in ("the cat sat", ids)
    )
    assert by_ids == by_text
    both = ask(address, "/v1/embeddings", {"model": "vectors", "input": [ids, [5]]})
    assert both["data"][0]["embedding"] == pytest.approx(by_text, abs=1e-6)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": [""]}, "input[0]"),
        ({"input": ["a"] * 2049}, "input"),
        ({"input": [-1]}, "input"),
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": HIDDEN + 1}, "dimensions"),
        ({"input_type": "image"}, "input_type"),
        ({"truncate": "END"}, "truncate"),
        ({"input": "cat " * 100}, "input"),
    ],
)
def test_a_wrong_embedding_request_is_refused(address: str, fields: dict[str, Any], param: str) -> None:
    error = ask(address, "/v1/embeddings", {"model": "vectors", "input": "a", **fields}, 400)["error"]
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/ranker/v1/rerank"])
@pytest.mark.parametrize("model", ["ranker", "vectors"])
def test_documents_are_ranked(address: str, path: str, model: str) -> None:
    if path.startswith("/ranker"):
        path = path.replace("ranker", model)
    documents = ["the dog ran", "a cat sat on the mat", "near the old bridge"]
    asked = {"model": model, "query": "the cat", "documents": documents, "top_n": 2, "return_documents": True}
    answer = ask(address, path, asked)
    results = answer["results"]
    assert len(results) == 2
    assert results[0]["relevance_score"] >= results[1]["relevance_score"]
    assert [result["document"]["text"] for result in results] == [documents[result["index"]] for result in results]
    assert answer["meta"]["tokens"]["input_tokens"] == answer["usage"]["total_tokens"] > 0
    whole = ask(
        address, path, {"model": model, "query": "the cat", "documents": [{"text": text} for text in documents]}
    )
    assert [result["index"] for result in whole["results"]][:2] == [result["index"] for result in results]
    assert "document" not in whole["results"][0]
    if model == "ranker":
        scores = infer(address, "ranker", query=["the cat"], text=documents)["score"]
        found = [result["relevance_score"] for result in sorted(whole["results"], key=lambda result: result["index"])]
        assert scores == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"query": ""}, "query"),
        ({"query": None}, "query"),
        ({"documents": []}, "documents"),
        ({"documents": [1]}, "documents[0]"),
        ({"documents": [{"text": "a", "title": "b"}]}, "documents[0].title"),
        ({"documents": ["a"] * 1001}, "documents"),
        ({"top_n": 0}, "top_n"),
        ({"max_chunks_per_doc": 5}, "max_chunks_per_doc"),
        ({"rank_fields": ["title"]}, "rank_fields"),
    ],
)
def test_a_wrong_ranking_request_is_refused(address: str, fields: dict[str, Any], param: str) -> None:
    asked = {"model": "ranker", "query": "a", "documents": ["b"], **fields}
    assert ask(address, "/v1/rerank", asked, 400)["error"]["param"] == param


def test_classifiers_and_taggers_answer_the_open_inference_protocol(address: str) -> None:
    found = infer(address, "mood", text=["the cat sat", "a dog ran"])
    assert len(found["label"]) == 2
    assert set(found["label"]) <= {"sad", "glad"}
    assert len(found["probabilities"]) == 4
    assert sum(found["probabilities"][:2]) == pytest.approx(1, abs=1e-5)
    (entities,) = infer(address, "names", text=["anna works in paris"])["entities"]
    for entity in json.loads(entities):
        assert entity["text"] == "anna works in paris"[entity["start"] : entity["end"]]
    assert ask(address, "/mood/v1/models")["data"][0]["labels"] == ["sad", "glad"]
    refused = ask(address, "/v1/chat/completions", {"model": "mood", "messages": []}, 400)
    assert "the task of 'mood' is classify" in refused["error"]["message"]
