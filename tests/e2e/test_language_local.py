"""Language models through the real `sam build` and `sam local start-api`, asked by a client of OpenAI's API.

The models are tiny and random, so that what is tested is the way: from folders on disk to answers over HTTP.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openai
import pytest
import requests
from support.emulated import wait
from support.local_service import HostTable, LocalService, local_service, run_operator
from support.project import Desk, new_project
from support.sam import Sam, SamProject
from support.sam_local import local_api
from support.tiny_language_folders import WIDTH, write_chat_model, write_embedding_model

CHAT, EMBED = "assistant", "embeddings"
FLOATS = 'kind = "onnx"\nstream = true\n\n[quantization]\nmode = "none"\n'
"""Random weights are no model whose answers blocks could keep."""
TARIFF = "\n[units]\ntokens_in = 1\ntokens_out = 4\n\n[price.2026-01-01]\ntokens_in = 1\ntokens_out = 3\n"
LIMIT = 300


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("language")
    desk = new_project(folder / "project")
    toml = desk.root / "functions" / CHAT / "model.toml"
    toml.parent.mkdir(parents=True)
    toml.write_text(FLOATS + TARIFF)
    for name, source in ((CHAT, write_chat_model(folder / "chat")), (EMBED, write_embedding_model(folder / "embed"))):
        ran = desk("import", str(source), "--name", name)
        assert ran.code == 0, ran.err
    return desk


@pytest.fixture(scope="module")
def project(sam: Sam, base_image: str, desk: Desk) -> SamProject:
    assert base_image
    project = SamProject(desk.root, sam)
    project.build()
    project.rename_layer("LayerOfLanguageModels")
    return project


@pytest.fixture(scope="module", params=["own", "aws"])
def address(
    request: pytest.FixtureRequest, project: SamProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    log = tmp_path_factory.mktemp("sam") / "start-api.log"
    with local_api(project, log, [f"RuntimeClient={request.param}"]) as address:
        yield address


def ask(address: str, path: str = "/v1") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://{address}{path}", api_key="any", max_retries=0, timeout=300)


@pytest.mark.parametrize("path", ["/v1", f"/{CHAT}/v1"])
def test_a_chat_is_answered_whole_and_in_parts(address: str, path: str) -> None:
    client = ask(address, path)
    question = {
        "model": CHAT,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 12,
        "temperature": 0,
    }
    whole = client.chat.completions.create(**question)
    assert whole.usage is not None
    assert (whole.model, whole.usage.completion_tokens) == (CHAT, 12)
    assert whole.choices[0].finish_reason == "length"
    parts = list(client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True}))
    text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
    assert text == whole.choices[0].message.content
    assert parts[-1].usage == whole.usage


def test_texts_get_vectors(address: str) -> None:
    for path in ("/v1", f"/{EMBED}/v1"):
        found = ask(address, path).embeddings.create(model=EMBED, input=["one text", "another", "one text"])
        vectors = [each.embedding for each in found.data]
        assert [len(vector) for vector in vectors] == [WIDTH] * 3
        assert sum(value * value for value in vectors[0]) == pytest.approx(1, abs=1e-5)
        assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)
        assert vectors[0] != pytest.approx(vectors[1], abs=1e-3)


def test_the_stack_lists_its_language_models(address: str) -> None:
    assert sorted(model.id for model in ask(address).models.list()) == [CHAT, EMBED]
    assert [model.id for model in ask(address, f"/{CHAT}/v1").models.list()] == [CHAT]


def test_refusals_have_openais_form(address: str) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature") as caught:
        ask(address).chat.completions.create(
            model=CHAT, messages=[{"role": "user", "content": "Hello"}], temperature=-1
        )
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(openai.NotFoundError, match="nobody"):
        ask(address).chat.completions.create(model="nobody", messages=[{"role": "user", "content": "Hello"}])


def test_the_open_inference_protocol_stays(address: str) -> None:
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["Hello"]}]}
    for name, output in ((CHAT, "text"), (EMBED, "embedding")):
        answer = requests.post(f"http://{address}/v2/models/{name}/infer", json=body, timeout=300)
        assert answer.status_code == 200, answer.text
        assert [each["name"] for each in answer.json()["outputs"]] == [output]


def test_the_built_functions_need_no_package_of_the_tool(desk: Desk) -> None:
    built = Path(desk.root / ".aws-sam" / "build")
    for function in ("AssistantFunction", "EmbeddingsFunction"):
        names = {path.name for path in (built / function).rglob("*") if path.is_file()}
        assert {"app.py", "manifest.json", "language.json", "tokenizer.bin"} <= names
        assert not names & {"tokenizer.json", "model.safetensors"}


@pytest.fixture(scope="module")
def service(project: SamProject, bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    folder = tmp_path_factory.mktemp("service")
    with (
        closing(HostTable(folder, bridge)) as host,
        run_operator(project.root, host, f"[plans.free]\nmonth = {LIMIT}\n") as operator,
        local_service(project, folder, host, operator, "own") as service,
    ):
        yield service


def test_a_service_counts_the_tokens_of_answers_and_streams(service: LocalService) -> None:
    key = service.operator.create_key("writer", "free")
    question: Any = {"model": CHAT, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 12}
    left = LIMIT
    with openai.OpenAI(base_url=f"http://{service.address}/v1", api_key=key, max_retries=0, timeout=300) as client:
        parts = list(client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True}))
        assert parts[-1].usage is not None
        left -= parts[-1].usage.prompt_tokens + 4 * parts[-1].usage.completion_tokens
        answer = client.chat.completions.with_raw_response.create(**question)
        usage = answer.parse().usage
        assert usage is not None
        left -= usage.prompt_tokens + 4 * usage.completion_tokens
        assert answer.headers["x-ratelimit-remaining-tokens"] == str(left)
        with pytest.raises(openai.RateLimitError, match="quota of the month") as refused:
            client.chat.completions.create(**{**question, "max_tokens": left})
        assert refused.value.code == "insufficient_quota"
        assert sorted(model.id for model in client.models.list()) == [CHAT, EMBED]
    found = service.get("/v1/usage", x_api_key=key).json()
    assert found["windows"]["month"]["remaining"] == left
    (chat,) = found["usage"]["tenant"]
    tokens = (usage.prompt_tokens * 2, usage.completion_tokens + parts[-1].usage.completion_tokens)
    assert (chat["counts"]["tokens_in"], chat["counts"]["tokens_out"]) == tokens
    assert chat["micro_dollars"] == tokens[0] + 3 * tokens[1]
    wait(lambda: service.log.read_text().count(found["key"]["id"]) >= 2, 20, lambda: "the lines of the log are missing")
    audit = service.operator("usage", "--audit", "--log", str(service.log), "--json").json
    assert audit["differences"] == []


@pytest.mark.parametrize("key", ["sk-none", "plk_live_mistyped"])
def test_openais_client_names_a_wrong_key_of_a_service(service: LocalService, key: str) -> None:
    with (
        openai.OpenAI(base_url=f"http://{service.address}/v1", api_key=key, max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "Hello"}])
    assert refused.value.code == "invalid_api_key"
