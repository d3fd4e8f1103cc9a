"""The main calls of litellm: lite.py BASE_URL CHAT_MODEL EMBEDDING_MODEL prints JSON."""

import json
import sys
from typing import Any

import litellm

BASE, CHAT, EMBED = sys.argv[1:4]
WHERE: Any = {"api_base": BASE, "api_key": "a-key", "max_retries": 0}
GREEDY: Any = {
    "model": f"openai/{CHAT}",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "max_tokens": 24,
    "temperature": 0,
}
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def main() -> dict[str, Any]:
    litellm.telemetry = False
    whole: Any = litellm.completion(**GREEDY, **WHERE)
    parts: Any = litellm.completion(**GREEDY, **WHERE, stream=True)
    streamed = "".join(part.choices[0].delta.content or "" for part in parts)
    text: Any = litellm.text_completion(
        model=f"text-completion-openai/{CHAT}", prompt="One, two, three,", max_tokens=8, temperature=0, **WHERE
    )
    choice = {"type": "function", "function": {"name": "get_weather"}}
    called: Any = litellm.completion(**{**GREEDY, "max_tokens": 300}, **WHERE, tools=[WEATHER], tool_choice=choice)
    call = called.choices[0].message.tool_calls[0].function
    vectors: Any = litellm.embedding(model=f"openai/{EMBED}", input=["A cat.", "A dog."], **WHERE)
    return {
        "chat": whole.choices[0].message.content,
        "tokens": whole.usage.completion_tokens,
        "chat_streamed": streamed,
        "completion": text.choices[0].text,
        "tools": {"name": call.name, "arguments": json.loads(call.arguments)},
        "dimensions": [len(item["embedding"]) for item in vectors.data],
    }


if __name__ == "__main__":
    print(json.dumps(main()))
