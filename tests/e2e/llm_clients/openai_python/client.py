"""The main calls of the openai package: client.py BASE_URL CHAT_MODEL EMBEDDING_MODEL prints what came back as JSON."""

import asyncio
import json
import sys
from typing import Any, Literal

import openai
from pydantic import BaseModel

BASE, CHAT, EMBED = sys.argv[1:4]
CLIENT = openai.OpenAI(base_url=BASE, api_key="a-key", max_retries=0)
MESSAGES: Any = [{"role": "user", "content": "What is gravity?"}]
GREEDY: Any = {"model": CHAT, "messages": MESSAGES, "max_tokens": 24, "temperature": 0}
ABOUT_WEATHER: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 30}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


class Animal(BaseModel):
    """What a structured answer is."""

    kind: Literal["cat", "dog", "bird"]
    legs: int


def models() -> Any:
    return [sorted(model.id for model in CLIENT.models.list()), CLIENT.models.retrieve(CHAT).id]


def chat() -> Any:
    answer = CLIENT.chat.completions.create(**GREEDY)
    usage = answer.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    choice = answer.choices[0]
    return {"text": choice.message.content, "finish": choice.finish_reason, "tokens": usage.completion_tokens}


def chat_streamed() -> Any:
    texts, finish, tokens = [], None, 0
    for chunk in CLIENT.chat.completions.create(**GREEDY, stream=True, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            texts.append(choice.delta.content or "")
            finish = choice.finish_reason or finish
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    return {"text": "".join(texts), "finish": finish, "tokens": tokens}


def chat_async() -> Any:
    async def ask() -> str:
        async with openai.AsyncOpenAI(base_url=BASE, api_key="a-key", max_retries=0) as client:
            stream = await client.chat.completions.create(**GREEDY, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    return asyncio.run(ask())


def several_choices() -> Any:
    asked = {**GREEDY, "temperature": 1.0, "n": 2, "seed": 7}
    answer = CLIENT.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
    again = CLIENT.chat.completions.create(**asked)
    texts = [choice.message.content for choice in answer.choices]
    content = answer.choices[0].logprobs and answer.choices[0].logprobs.content
    return {
        "count": len(texts),
        "repeatable": texts == [choice.message.content for choice in again.choices],
        "top_logprobs": sorted({len(token.top_logprobs) for token in content or []}),
    }


def completion() -> Any:
    whole = CLIENT.completions.create(model=CHAT, prompt="One, two, three,", max_tokens=8, temperature=0)
    stream = CLIENT.completions.create(model=CHAT, prompt="One, two, three,", max_tokens=8, temperature=0, stream=True)
    return [whole.choices[0].text, "".join(choice.text for chunk in stream for choice in chunk.choices)]


def structured() -> Any:
    answer = CLIENT.chat.completions.parse(
        model=CHAT, messages=[{"role": "user", "content": "Describe a cat."}], response_format=Animal, max_tokens=300
    )
    parsed = answer.choices[0].message.parsed
    assert parsed is not None
    return parsed.model_dump()


def json_object() -> Any:
    messages: Any = [{"role": "user", "content": "Give a JSON object with a city and its country."}]
    answer = CLIENT.chat.completions.create(
        model=CHAT, messages=messages, response_format={"type": "json_object"}, max_tokens=300, temperature=0
    )
    return json.loads(answer.choices[0].message.content or "")


def tools() -> Any:
    asked: Any = {**GREEDY, "messages": ABOUT_WEATHER, "max_tokens": 300}
    answer = CLIENT.chat.completions.create(
        **asked, tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}
    )
    (call,) = answer.choices[0].message.tool_calls or []
    function: Any = getattr(call, "function")  # noqa: B009  (other kinds of calls have none)
    arguments = json.loads(function.arguments)
    follow: Any = [
        *asked["messages"],
        answer.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "20 degrees, sunny"},
    ]
    said = CLIENT.chat.completions.create(model=CHAT, messages=follow, max_tokens=16, temperature=0)
    return {
        "name": function.name,
        "arguments": arguments,
        "finish": answer.choices[0].finish_reason,
        "said": said.choices[0].message.content,
    }


def tools_streamed() -> Any:
    calls: dict[int, list[str]] = {}
    asked: Any = {**GREEDY, "messages": ABOUT_WEATHER, "max_tokens": 300}
    for chunk in CLIENT.chat.completions.create(**asked, tools=[WEATHER], tool_choice="required", stream=True):
        for call in chunk.choices[0].delta.tool_calls or []:
            assert call.function is not None
            found = calls.setdefault(call.index, ["", ""])
            found[0] += call.function.name or ""
            found[1] += call.function.arguments or ""
    return [{"name": name, "arguments": json.loads(arguments)} for name, arguments in calls.values()]


def embeddings() -> Any:
    texts = ["A cat sits on the mat.", "A kitten lies on the rug.", "Interest rates rose again."]
    packed = [item.embedding for item in CLIENT.embeddings.create(model=EMBED, input=texts).data]  # base64 on the way
    floats = CLIENT.embeddings.create(model=EMBED, input=texts, encoding_format="float").data
    pairs = zip(packed, [item.embedding for item in floats], strict=True)
    return {
        "dimensions": len(packed[0]),
        "same": all(abs(a - b) < 1e-6 for one, two in pairs for a, b in zip(one, two, strict=True)),
        "near": sum(a * b for a, b in zip(packed[0], packed[1], strict=True)),
        "far": sum(a * b for a, b in zip(packed[0], packed[2], strict=True)),
    }


def refusals() -> Any:
    found = {}
    bad: dict[str, Any] = {
        "unknown model": {"model": "nobody"},
        "negative temperature": {"temperature": -1},
        "unsupported": {"modalities": ["audio", "text"]},
        "no messages": {"messages": []},
    }
    for name, changed in bad.items():
        try:
            CLIENT.chat.completions.create(**{**GREEDY, **changed})
        except openai.APIStatusError as error:
            found[name] = [type(error).__name__, error.param, error.message]
    return found


CALLS = (
    *(models, chat, chat_streamed, chat_async, several_choices, completion, structured, json_object),
    *(tools, tools_streamed, embeddings, refusals),
)

if __name__ == "__main__":
    print(json.dumps({call.__name__: call() for call in CALLS}))
