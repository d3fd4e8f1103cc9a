"""Each parameter of OpenAI's API and each error, with a random decoder of two layers behind the real handler."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import pytest
from support.language_functions import CONTEXT, package_writer
from support.streaming_function import request
from support.tiny_decoder import VOCABULARY

from pilotlight.local.functions import load_function
from pilotlight_runtime.entry import LambdaHandler
from pilotlight_runtime.errors import LoadError
from pilotlight_runtime.language.types import GenerationRequest, TextPart
from pilotlight_runtime.language_app import _LATE_MODULES, _MODULES, language_handler
from pilotlight_runtime.manifest_json import dump_manifest, load_manifest, version_of

pytestmark = pytest.mark.integration

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
HELLO = [{"role": "user", "content": "Hello"}]
IMAGE = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a town",
        "parameters": {
            "type": "object",
            "properties": {"town": {"enum": ["Bern", "Rome"]}},
            "required": ["town"],
            "additionalProperties": False,
        },
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}, "kind": {"enum": ["cat", "dog"]}},
    "required": ["age", "kind"],
    "additionalProperties": False,
}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        document = self.json
        assert set(document) == {"error"}
        assert {"message", "type", "param", "code"} <= set(document["error"])
        return document["error"]

    @property
    def events(self) -> list[Any]:
        assert self.headers["Content-Type"].startswith("text/event-stream")
        *events, done, rest = self.body.decode().split("\n\n")
        assert (done, rest) == ("data: [DONE]", "")
        return [json.loads(event.removeprefix("data: ")) for event in events]


Ask = Callable[..., Answer]


def asking(handler: LambdaHandler, context: object = None) -> Ask:
    """Sends a JSON document, or bytes as they are."""

    def ask(path: str, document: Any = None, **headers: str) -> Answer:
        found = handler(request(path, document, **headers), context)
        body = found["body"]
        content = base64.b64decode(body) if found.get("isBase64Encoded") else body.encode()
        return Answer(found["statusCode"], found["headers"], content)

    return ask


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    package_writer(folder)
    return folder


@pytest.fixture(scope="module")
def ask(folder: Path) -> Ask:
    return asking(load_function("tiny", folder)._handler)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A model with room for the description of tools."""
    folder = tmp_path_factory.mktemp("large")
    package_writer(folder, context=2048)
    return asking(load_function("tiny", folder)._handler)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    folder = tmp_path_factory.mktemp("base")
    package_writer(folder, name="base", chat=None, stream=False)
    return asking(load_function("base", folder)._handler)


def chat(ask: Ask, **fields: Any) -> Answer:
    return ask(CHAT, {"model": "tiny", "messages": HELLO, "max_tokens": 8, **fields})


def text_of(answer: Answer, choice: int = 0) -> str:
    assert answer.status == 200, answer.body
    text: str = answer.json["choices"][choice]["message"]["content"]
    return text


def test_a_whole_answer_has_the_documented_form(ask: Ask) -> None:
    answer = chat(ask, temperature=0)
    document = answer.json
    assert answer.headers["x-request-id"]
    assert document["id"].startswith("chatcmpl-")
    assert document["object"] == "chat.completion"
    assert document["model"] == "tiny"
    assert set(document) == {"id", "object", "created", "model", "system_fingerprint", "choices", "usage"}
    (choice,) = document["choices"]
    assert choice["index"] == 0
    assert choice["logprobs"] is None
    assert choice["finish_reason"] == "length"
    assert choice["message"]["role"] == "assistant"
    assert len(choice["message"]["content"]) == 8
    assert document["usage"] == {"prompt_tokens": 24, "completion_tokens": 8, "total_tokens": 32}


@pytest.mark.parametrize("path", [CHAT, f"/tiny{CHAT}", f"{CHAT}/"])
def test_each_base_url_answers(ask: Ask, path: str) -> None:
    assert ask(path, {"model": "tiny", "messages": HELLO, "max_tokens": 1}).status == 200


def test_a_stream_says_what_the_whole_answer_says(ask: Ask) -> None:
    asked = {"temperature": 0.9, "seed": 5, "logprobs": True, "top_logprobs": 2, "n": 2}
    whole = chat(ask, **asked).json
    events = chat(ask, **asked, stream=True, stream_options={"include_usage": True}).events
    *chunks, last = events
    assert last["choices"] == []
    assert last["usage"] == whole["usage"]
    assert all(chunk["usage"] is None for chunk in chunks)
    for index, choice in enumerate(whole["choices"]):
        own = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["index"] == index]
        assert own[0]["delta"] == {"role": "assistant", "content": ""}
        assert "".join(part["delta"].get("content", "") for part in own) == choice["message"]["content"]
        assert [part["finish_reason"] for part in own] == [None] * (len(own) - 1) + [choice["finish_reason"]]
        scores = [score for part in own if part["logprobs"] for score in part["logprobs"]["content"]]
        assert scores == choice["logprobs"]["content"]
        assert len(scores) == 8
        assert all(len(score["top_logprobs"]) == 2 for score in scores)


def test_chunks_have_no_usage_unless_it_is_asked_for(ask: Ask) -> None:
    assert all("usage" not in event for event in chat(ask, stream=True).events)
    assert all("usage" not in event for event in chat(ask, stream=True, stream_options={}).events)


def test_the_same_seed_gives_the_same_answer(ask: Ask) -> None:
    first, second, third = (text_of(chat(ask, seed=seed, max_tokens=30)) for seed in (1, 1, 2))
    assert first == second != third


def test_a_temperature_of_0_is_greedy(ask: Ask) -> None:
    assert text_of(chat(ask, temperature=0)) == text_of(chat(ask, top_k=1)) == text_of(chat(ask, top_p=0))


def test_top_k_keeps_the_most_probable_tokens(ask: Ask) -> None:
    answer = chat(ask, top_k=2, logprobs=True, top_logprobs=2, max_tokens=40)
    for score in answer.json["choices"][0]["logprobs"]["content"]:
        assert score["token"] in [other["token"] for other in score["top_logprobs"]]


@pytest.mark.parametrize("least", [1e-300, 1e-40, 1e-7])
def test_numbers_near_zero_draw_tokens(ask: Ask, least: float) -> None:
    fields = {"repetition_penalty": least, "temperature": least, "top_p": least, "min_p": least}
    for name, value in fields.items():
        assert len(text_of(chat(ask, **{name: value}))) == 8
    assert len(text_of(chat(ask, **fields))) == 8


def test_a_key_that_is_no_unicode_is_a_key(ask: Ask) -> None:
    asked = {"model": "tiny", "messages": HELLO, "max_tokens": 1}
    assert ask(CHAT, asked, authorization="Bearer \ud800").status == 200


def test_min_p_of_1_keeps_the_best_token_alone(ask: Ask) -> None:
    assert text_of(chat(ask, min_p=1)) == text_of(chat(ask, temperature=0))


def test_a_bias_decides(ask: Ask) -> None:
    assert text_of(chat(ask, logit_bias={str(ord("Q")): 100})) == "Q" * 8
    greedy = text_of(chat(ask, temperature=0))
    assert greedy[0] not in text_of(chat(ask, temperature=0, logit_bias={str(ord(greedy[0])): -100}))


@pytest.mark.parametrize("penalty", ["presence_penalty", "frequency_penalty", "repetition_penalty"])
def test_a_penalty_changes_what_repeats(ask: Ask, penalty: str) -> None:
    plain = text_of(chat(ask, temperature=0, max_tokens=60))
    varied = text_of(chat(ask, temperature=0, max_tokens=60, **{penalty: 2}))
    assert len(set(varied)) > len(set(plain))


def test_a_stop_text_ends_the_answer_before_it(ask: Ask) -> None:
    whole = text_of(chat(ask, temperature=0, max_tokens=40))
    stop = whole[5:7]
    for given in (stop, [stop], ["never there", stop]):
        answer = chat(ask, temperature=0, max_tokens=40, stop=given)
        assert text_of(answer) == whole[: whole.index(stop)]
        assert answer.json["choices"][0]["finish_reason"] == "stop"


def test_a_token_that_ends_an_answer_ends_it(ask: Ask) -> None:
    answer = chat(ask, logit_bias={str(VOCABULARY - 2): 100})
    assert text_of(answer) == ""
    assert answer.json["choices"][0]["finish_reason"] == "stop"


def test_an_answer_without_a_limit_ends_with_the_context(ask: Ask) -> None:
    answer = ask(CHAT, {"model": "tiny", "messages": HELLO, "temperature": 0})
    assert answer.json["choices"][0]["finish_reason"] == "length"
    assert answer.json["usage"]["total_tokens"] == CONTEXT
    assert chat(ask, temperature=0, max_tokens=10_000).json["usage"]["total_tokens"] == CONTEXT


def test_max_completion_tokens_is_the_newer_name(ask: Ask) -> None:
    asked = {"model": "tiny", "messages": HELLO, "max_completion_tokens": 3}
    assert ask(CHAT, asked).json["usage"]["completion_tokens"] == 3
    assert ask(CHAT, {**asked, "max_tokens": 3}).status == 200


def test_the_probability_of_a_token_is_that_of_the_graph(ask: Ask) -> None:
    answer = chat(ask, temperature=0, logprobs=True, top_logprobs=20, max_tokens=1)
    (score,) = answer.json["choices"][0]["logprobs"]["content"]
    assert score["bytes"] == list(score["token"].encode())
    assert score["top_logprobs"][0]["token"] == score["token"]
    assert len(score["top_logprobs"]) == 20
    values = [other["logprob"] for other in score["top_logprobs"]]
    assert values == sorted(values, reverse=True)
    assert score["logprob"] == values[0] < 0


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_fits_its_schema(ask: Ask, stream: bool) -> None:  # noqa: FBT001
    form = {"type": "json_schema", "json_schema": {"name": "pet", "strict": True, "schema": SCHEMA}}
    for seed in range(5):
        answer = chat(ask, response_format=form, max_tokens=60, seed=seed, stream=stream)
        if stream:
            text = "".join(event["choices"][0]["delta"].get("content", "") for event in answer.events)
        else:
            text = text_of(answer)
        document = json.loads(text)
        assert set(document) == {"age", "kind"}
        assert isinstance(document["age"], int)
        assert document["kind"] in ("cat", "dog")


def test_an_answer_is_a_json_object(ask: Ask) -> None:
    for seed in range(5):
        text = text_of(chat(ask, response_format={"type": "json_object"}, max_tokens=60, seed=seed))
        assert isinstance(json.loads(text), dict)
    assert chat(ask, response_format={"type": "text"}).status == 200


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called(large: Ask, choice: Any, stream: bool) -> None:  # noqa: FBT001
    asked = {"tools": [WEATHER], "tool_choice": choice, "max_tokens": 200, "parallel_tool_calls": False, "seed": 1}
    answer = chat(large, **asked, stream=stream)
    if stream:
        own = [event["choices"][0] for event in answer.events]
        (call,) = [call for part in own for call in part["delta"].get("tool_calls", ())]
        assert call["index"] == 0
        finish = own[-1]["finish_reason"]
    else:
        (found,) = answer.json["choices"]
        (call,) = found["message"]["tool_calls"]
        assert found["message"]["content"] is None
        finish = found["finish_reason"]
    assert finish == "tool_calls"
    assert call["id"].startswith("call_")
    assert call["type"] == "function"
    assert call["function"]["name"] == "weather"
    assert json.loads(call["function"]["arguments"])["town"] in ("Bern", "Rome")


def test_tools_may_be_left_uncalled(large: Ask) -> None:
    for choice in ("auto", "none"):
        answer = chat(large, tools=[WEATHER], tool_choice=choice, temperature=0)
        assert len(text_of(answer)) == 8
        assert answer.json["choices"][0]["finish_reason"] == "length"
    with_form = {"tools": [WEATHER], "response_format": {"type": "json_object"}}
    assert chat(large, **with_form).error["param"] == "response_format"
    assert json.loads(text_of(chat(large, **with_form, tool_choice="none", max_tokens=60))) is not None


def test_results_of_tools_are_part_of_the_prompt(large: Ask) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"town": "Bern"}'}}
    called = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}]

    def length(*results: str) -> int:
        answers = [{"role": "tool", "tool_call_id": "c1", "content": text} for text in results]
        answer = chat(large, messages=[*called, *answers], tools=[WEATHER], tool_choice="none")
        tokens: int = answer.json["usage"]["prompt_tokens"]
        return tokens

    assert length("rains") == length("rain") + 1
    assert length("rain", "sun") > length("rain") + 3


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "me", "metadata": {"a": "b"}, "safety_identifier": "x", "prompt_cache_key": "y"},
        {"store": False, "service_tier": "auto", "modalities": ["text"], "reasoning_effort": "none"},
        {"service_tier": "default", "verbosity": "medium", "parallel_tool_calls": True, "tool_choice": "none"},
        {"n": 1, "logprobs": False, "presence_penalty": 0, "frequency_penalty": 0, "stream": False, "top_k": -1},
        {"audio": None, "functions": None, "prediction": None, "tools": [], "stop": None, "seed": None, "n": None},
        {"stream": True, "stream_options": {"include_usage": False, "include_obfuscation": False}},
    ],
)
def test_neutral_parameters_change_nothing(ask: Ask, fields: dict[str, Any]) -> None:
    assert chat(ask, **fields).status == 200


REFUSED = [
    ({"temperature": -0.1}, "temperature", "temperature must be a number from 0 to 2, got -0.1"),
    ({"temperature": 2.1}, "temperature", "from 0 to 2"),
    ({"temperature": "1"}, "temperature", "got '1'"),
    ({"temperature": True}, "temperature", "got true"),
    ({"top_p": 1.5}, "top_p", "from 0 to 1"),
    ({"top_k": 1.5}, "top_k", "whole number"),
    ({"min_p": -1}, "min_p", "from 0 to 1"),
    ({"repetition_penalty": 0}, "repetition_penalty", "above 0"),
    ({"presence_penalty": 3}, "presence_penalty", "from -2 to 2"),
    ({"frequency_penalty": -3}, "frequency_penalty", "from -2 to 2"),
    ({"logit_bias": {"a": 1}}, "logit_bias", "no id of a token"),
    ({"logit_bias": {"99999": 1}}, "logit_bias", "0 to 270"),
    ({"logit_bias": {"1": 101}}, "logit_bias.1", "from -100 to 100"),
    ({"logit_bias": [1]}, "logit_bias", "an object"),
    ({"max_tokens": 0}, "max_tokens", "from 1 to"),
    ({"max_tokens": 2.0}, "max_tokens", "whole number"),
    ({"max_tokens": 3, "max_completion_tokens": 4}, "max_tokens", "differ"),
    ({"n": 0}, "n", "from 1 to 16"),
    ({"n": 17}, "n", "from 1 to 16"),
    ({"seed": 2**63}, "seed", "whole number"),
    ({"stop": [""]}, "stop", "stop[0] has 0 characters"),
    ({"stop": ["a"] * 10_000}, "stop", "has 10000 texts; the most is 16"),
    ({"stop": "a" * 257}, "stop", "has 257 characters"),
    ({"stop": 5}, "stop", "a text or a list"),
    ({"stop": [5]}, "stop[0]", "must be text"),
    ({"top_logprobs": 3}, "top_logprobs", "set logprobs to true"),
    ({"logprobs": 1}, "logprobs", "true or false"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "from 0 to 20"),
    ({"stream": "yes"}, "stream", "true or false"),
    ({"stream_options": {"include_usage": True}}, "stream_options", "only for streams"),
    ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "not supported"),
    ({"stream": True, "stream_options": 1}, "stream_options", "an object"),
    ({"response_format": {"type": "xml"}}, "response_format.type", "one of text"),
    ({"response_format": "json"}, "response_format", "an object"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "an object"),
    ({"tool_choice": "required"}, "tool_choice", "needs tools"),
    ({"tools": [{"type": "code"}]}, "tools[0]", "of the type function"),
    ({"tools": [WEATHER], "tool_choice": "must"}, "tool_choice", "must be"),
    ({"messages": []}, "messages", "at least one message"),
    ({"messages": None}, "messages", "at least one message"),
    ({"messages": [{"role": "narrator", "content": "x"}]}, "messages[0].role", "one of system, developer, user"),
    ({"messages": [{"role": "user"}]}, "messages[0].content", "must be text"),
    ({"messages": [{"role": "user", "content": IMAGE}]}, "messages[0].content[0]", "takes no images"),
    ({"messages": ["x"]}, "messages[0]", "an object"),
    ({"messages": [{"role": "user", "content": "x", "name": "Bo"}]}, "messages[0].name", "not supported"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "a"}]}, "messages[0].tool_call_id", "no id of"),
    ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content", "surrogate"),
    ({"messages": [{"role": "user", "content": "x" * 300}]}, "messages", "takes 256 tokens of prompt and answer"),
    ({"messages": [{"role": "user", "content": "x" * 9000}]}, "messages", "characters, more than 32 for each"),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "description": "\ud800"}}]},
        "tools[0].function.description",
        "surrogate",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"const": "\ud800"}}}},
        "response_format.json_schema.schema",
        "half of a surrogate pair",
    ),
    ({"model": None}, "model", "the model's name, which is 'tiny'"),
    ({"model": 5}, "model", "must be text"),
]


@pytest.mark.parametrize(("fields", "param", "message"), REFUSED)
def test_a_wrong_value_is_refused_by_its_place(ask: Ask, fields: dict[str, Any], param: str, message: str) -> None:
    answer = ask(CHAT, json.dumps({"model": "tiny", "messages": HELLO, **fields}).encode())
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["param"] == param
    assert message in answer.error["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"functions": [{"name": "f"}]}, "unsupported_parameter"),
        ({"function_call": "auto"}, "unsupported_parameter"),
        ({"audio": {"voice": "x"}}, "unsupported_parameter"),
        ({"store": True}, "unsupported_parameter"),
        ({"modalities": ["text", "audio"]}, "unsupported_parameter"),
        ({"reasoning_effort": "high"}, "unsupported_parameter"),
        ({"web_search_options": {}}, "unsupported_parameter"),
        ({"prediction": {"type": "content", "content": ""}}, "unsupported_parameter"),
        ({"temprature": 1}, "unknown_parameter"),
        ({"best_of": 2}, "unknown_parameter"),
    ],
)
def test_a_parameter_that_is_not_supported_is_refused_by_its_name(ask: Ask, fields: dict[str, Any], code: str) -> None:
    answer = chat(ask, **fields)
    (name,) = fields
    assert answer.status == 400
    assert answer.error["param"] == name
    assert answer.error["code"] == code
    assert name in answer.error["message"]


def test_a_prompt_of_millions_of_characters_is_not_cut_into_tokens(ask: Ask) -> None:
    long = "x" * 3_000_000
    begin = process_time()
    completion = ask(COMPLETIONS, {"model": "tiny", "prompt": ["x", long]})
    assert (completion.status, completion.error["param"]) == (400, "prompt")
    assert completion.error["code"] == "context_length_exceeded"
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": [long]}
    assert ask("/v2/models/tiny/infer", {"inputs": [tensor]}).status == 400
    assert process_time() - begin < 3


def test_another_model_is_not_found(ask: Ask) -> None:
    answer = chat(ask, model="gpt-4o")
    assert answer.status == 404
    assert answer.error == {
        "message": "the model 'gpt-4o' does not exist here; this function serves 'tiny'",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b"{", "malformed JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"model": "tiny", "messages": [{"role": "user", "content": "\xff"}]}', "not UTF-8"),
        (b'{"model": "tiny", "temperature": NaN}', "NaN"),
        (b"[" * 100_000, "too deeply nested"),
    ],
)
def test_a_body_that_is_no_object_is_refused(ask: Ask, body: bytes, message: str) -> None:
    answer = ask(CHAT, body)
    assert answer.status == 400
    assert message in answer.error["message"]


def test_paths_and_methods_are_refused_in_the_same_form(ask: Ask) -> None:
    assert ask("/tiny/v1/responses", {}).error["message"] == "there is no route for '/tiny/v1/responses'"
    assert ask("/tiny/v1/responses", {}).status == 404
    wrong = ask(CHAT)
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")
    assert "use POST" in wrong.error["message"]
    posted = ask("/v1/models", {})
    assert (posted.status, posted.headers["Allow"]) == (405, "GET")
    other = ask("/v1/embeddings", {"model": "tiny", "input": "x"})
    assert other.status == 400
    assert "the task of 'tiny' is generate" in other.error["message"]


def test_a_control_token_of_a_user_is_text(ask: Ask) -> None:
    written = chat(ask, messages=[{"role": "user", "content": "<|im_end|>"}])
    plain = chat(ask, messages=[{"role": "user", "content": ">dne_mi|<"[:10]}])
    assert written.json["usage"]["prompt_tokens"] == plain.json["usage"]["prompt_tokens"] + 1


def test_control_characters_are_text(ask: Ask) -> None:
    content = "".join(map(chr, range(32))) + "\x7f\u2028\ufeff"
    assert chat(ask, messages=[{"role": "user", "content": content}]).status == 200


def test_content_may_be_parts_of_text(ask: Ask) -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert text_of(chat(ask, temperature=0, messages=[{"role": "user", "content": parts}])) == text_of(
        chat(ask, temperature=0)
    )


def test_developer_is_another_name_of_system(ask: Ask) -> None:
    def said(role: str) -> str:
        return text_of(chat(ask, temperature=0, messages=[{"role": role, "content": "Be brief"}, *HELLO]))

    assert said("developer") == said("system") != text_of(chat(ask, temperature=0))


def test_an_answer_can_be_sent_back_with_all_its_fields(ask: Ask) -> None:
    message = {"role": "assistant", "content": "Hi", "refusal": None, "annotations": [], "audio": None}
    assert chat(ask, messages=[*HELLO, message, *HELLO]).status == 200


def test_models_are_listed(ask: Ask) -> None:
    (model,) = ask("/v1/models").json["data"]
    assert (model["id"], model["object"], model["owned_by"]) == ("tiny", "model", "pilotlight")
    one = ask("/tiny/v1/models/tiny").json
    assert one["id"] == "tiny"
    assert one["model_version_status"][0]["state"] == "AVAILABLE"
    assert ask("/v1/models/other").status == 404


def test_a_prompt_is_continued(base: Ask) -> None:
    answer = base(COMPLETIONS, {"model": "base", "prompt": "Once", "temperature": 0, "max_tokens": 5})
    document = answer.json
    assert document["object"] == "text_completion"
    (choice,) = document["choices"]
    assert len(choice["text"]) == 5
    assert document["usage"] == {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}
    echoed = base(COMPLETIONS, {"model": "base", "prompt": "Once", "temperature": 0, "max_tokens": 5, "echo": True})
    assert echoed.json["choices"][0]["text"] == "Once" + choice["text"]
    ids = base(COMPLETIONS, {"model": "base", "prompt": list(b"Once"), "temperature": 0, "max_tokens": 5})
    assert ids.json["choices"] == document["choices"]


def test_completions_have_16_tokens_unless_a_request_says_otherwise(base: Ask) -> None:
    assert base(COMPLETIONS, {"model": "base", "prompt": "a"}).json["usage"]["completion_tokens"] == 16


def test_several_prompts_and_answers_are_numbered_through(base: Ask) -> None:
    asked = {"model": "base", "prompt": ["ab", "c"], "n": 2, "max_tokens": 4, "logprobs": 1, "seed": 3}
    whole = base(COMPLETIONS, asked).json
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2, 3]
    events = base(COMPLETIONS, {**asked, "stream": True, "stream_options": {"include_usage": True}}).events
    assert events[-1]["usage"] == whole["usage"]
    for choice in whole["choices"]:
        own = [event["choices"][0] for event in events[:-1] if event["choices"][0]["index"] == choice["index"]]
        assert "".join(part["text"] for part in own) == choice["text"]
        assert own[-1]["finish_reason"] == choice["finish_reason"]
        offsets = [offset for part in own for offset in part["logprobs"]["text_offset"]]
        assert offsets == choice["logprobs"]["text_offset"] == [0, 1, 2, 3]
        assert choice["logprobs"]["tokens"] == list(choice["text"])


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [[]]}, "prompt[0]"),
        ({"prompt": [[1], [VOCABULARY]]}, "prompt[1]"),
        ({"prompt": [1, -1]}, "prompt"),
        ({"prompt": [True]}, "prompt[0]"),
        ({"prompt": ["a"] * 17}, "prompt"),
        ({"prompt": ["a"] * 16, "n": 2}, "n"),
        ({"prompt": "a" * 300}, "prompt"),
        ({"logprobs": 6}, "logprobs"),
        ({"logprobs": True}, "logprobs"),
        ({"echo": True, "logprobs": 0}, "echo"),
        ({"best_of": 2}, "best_of"),
        ({"suffix": "end"}, "suffix"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": HELLO}, "messages"),
    ],
)
def test_a_wrong_completion_request_is_refused_by_its_place(base: Ask, fields: dict[str, Any], param: str) -> None:
    answer = base(COMPLETIONS, {"model": "base", "prompt": "a", **fields})
    assert answer.status == 400
    assert answer.error["param"] == param


def test_a_base_model_has_no_chat(base: Ask) -> None:
    answer = base(CHAT, {"model": "base", "messages": HELLO})
    assert answer.status == 400
    assert "use /v1/completions" in answer.error["message"]


def test_the_deadline_ends_an_answer_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Context:
        aws_request_id = "r"

        def __init__(self) -> None:
            self.left = 1000.0

        def get_remaining_time_in_millis(self) -> float:
            self.left -= 10
            return self.left

    ask = asking(load_function("tiny", folder)._handler, Context())
    # With logprobs nothing is guessed, so that one token is written between two looks at the clock.
    answer = ask(CHAT, {"model": "tiny", "messages": HELLO, "temperature": 0, "logprobs": True})
    assert answer.json["choices"][0]["finish_reason"] == "length"
    assert 0 < answer.json["usage"]["completion_tokens"] < 150
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"WARNING"' in line]
    assert ["Timeout" in line["message"] for line in lines] == [True]


def test_the_deadline_ends_what_infer_writes(folder: Path) -> None:
    class Context:
        def __init__(self, left: float) -> None:
            self.left = left

        def get_remaining_time_in_millis(self) -> float:
            self.left -= 10
            return self.left

    inputs = [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["Hello"]}]

    def length(context: object) -> int:
        answer = asking(load_function("tiny", folder)._handler, context)("/v2/models/tiny/infer", {"inputs": inputs})
        return len(answer.json["outputs"][0]["data"][0])

    assert 0 < length(Context(1000)) < 150 < length(Context(100_000))


def test_logs_have_no_text_of_anybody(folder: Path) -> None:
    log = io.StringIO()
    ask = asking(language_handler(str(folder / "app.py"), environ={}, stream=log))
    secret = "canary-words"
    answer = chat(ask, messages=[{"role": "user", "content": secret}], stop=[secret], user=secret, temperature=0)
    chat(ask, messages=[{"role": secret, "content": secret}])
    chat(ask, **{secret: 1})
    printed = log.getvalue()
    assert printed.count('"message":"request"') == 3
    assert secret not in printed
    assert text_of(answer) not in printed


def test_a_failure_is_told_in_openais_form_and_logged(folder: Path) -> None:
    log = io.StringIO()
    handler = language_handler(str(folder / "app.py"), environ={}, stream=log)
    handler._service._endpoints["chat"]._generator.generate = None  # type: ignore[attr-defined]
    for stream in (False, True):
        answer = chat(asking(handler), stream=stream)
        assert answer.status == 500
        assert answer.error["type"] == "server_error"
        assert answer.error["message"] == "the function failed; its log has the cause"
        assert answer.error["request_id"] == answer.headers["x-request-id"]
    assert log.getvalue().count("TypeError") == 2


def test_an_error_in_the_middle_of_a_stream_is_its_last_event(folder: Path) -> None:
    log = io.StringIO()
    handler = language_handler(str(folder / "app.py"), environ={}, stream=log)
    generator = handler._service._endpoints["chat"]._generator  # type: ignore[attr-defined]
    generate = generator.generate

    def fail(request: GenerationRequest) -> Iterator[TextPart]:
        for part in generate(request):
            yield part
            if part.text:
                raise ValueError("a canary")

    generator.generate = fail

    class Context:
        can_stream = True

    event = {**request(CHAT, {"model": "tiny", "messages": HELLO, "stream": True}), "requestContext": {}}
    answer = handler(event, Context())
    assert answer["statusCode"] == 200
    *_, error, done, rest = b"".join(answer["body"]).decode().split("\n\n")
    document = json.loads(error.removeprefix("data: "))
    assert document["error"]["type"] == "server_error"
    assert document["error"]["request_id"] == answer["headers"]["x-request-id"]
    assert (done, rest) == ("data: [DONE]", "")
    assert "canary" not in log.getvalue()
    assert '"status":500' in log.getvalue()


def test_a_stream_is_not_cut_for_the_time_that_its_first_part_took(folder: Path) -> None:
    """Other streams end where the function has less time left than their slowest part took; this one ends by itself."""

    class Context:
        can_stream = True
        left = 30_000.0

        def get_remaining_time_in_millis(self) -> float:
            self.left = self.left - 16_000 if self.left == 30_000 else self.left - 1
            return self.left

    handler = language_handler(str(folder / "app.py"), environ={}, stream=io.StringIO())
    asked = {"model": "tiny", "messages": HELLO, "stream": True, "max_tokens": 40, "logit_bias": {"65": 100}}
    answer = handler({**request(CHAT, asked), "requestContext": {}}, Context())
    body = b"".join(answer["body"])
    assert b'"error"' not in body
    assert body.count(b'"content":"A"') == 40


@pytest.mark.parametrize("task", _MODULES)
def test_what_is_imported_ahead_is_there(task: str) -> None:
    for name in (*_MODULES[task], *_LATE_MODULES[task]):
        assert find_spec(f"pilotlight_runtime.{name}") is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"task": "dance"}', b'{"task": 5}'])
def test_a_model_without_a_known_task_does_not_start(tmp_path: Path, content: bytes) -> None:
    package_writer(tmp_path)
    (tmp_path / "language.json").write_bytes(content)
    manifest = load_manifest((tmp_path / "manifest.json").read_bytes())
    files = tuple(
        file._replace(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        if file.name == "language.json"
        else file
        for file in manifest.files
    )
    manifest = manifest._replace(files=files)
    manifest = manifest._replace(version=version_of(manifest))
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    with pytest.raises(LoadError, match=r"language\.json"):
        language_handler(str(tmp_path / "app.py"), environ={}, stream=io.StringIO())


def test_what_a_caller_left_behind_is_kept_for_the_same_key_alone(folder: Path) -> None:
    handler = load_function("tiny", folder)._handler
    ask = asking(handler)
    slots = handler._service._endpoints["chat"]._generator._slots

    def caller(**headers: str) -> bytes:
        ask(CHAT, {"model": "tiny", "messages": HELLO, "max_tokens": 2}, **headers)
        found: bytes = slots._idle.cache.caller
        return found

    assert caller() == b""
    assert caller(authorization="Basic abc") == b""
    assert caller(authorization="Bearer k1") == caller(Authorization="bearer k1") != caller(authorization="Bearer k2")
    assert caller(x_api_key="k1") != caller(authorization="Bearer k1")
    assert caller(x_api_key="k1", authorization="Bearer k2") != caller(x_api_key="k1")
    assert len(caller(x_api_key="k1")) == hashlib.sha256().digest_size
