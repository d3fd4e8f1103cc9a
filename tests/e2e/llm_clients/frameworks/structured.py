"""The main calls of instructor: structured.py BASE_URL CHAT_MODEL EMBEDDING_MODEL prints JSON."""

import json
import sys
from typing import Any, Literal

import instructor
import openai
from pydantic import BaseModel

BASE, CHAT = sys.argv[1:3]


class Animal(BaseModel):
    """An animal."""

    kind: Literal["cat", "dog", "bird"]
    legs: int


def main() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mode in (instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS):
        client = instructor.from_openai(openai.OpenAI(base_url=BASE, api_key="a-key", max_retries=0), mode=mode)
        messages: Any = [{"role": "user", "content": "Describe a cat."}]
        asked: Any = {"model": CHAT, "messages": messages, "max_tokens": 300, "temperature": 0, "max_retries": 0}
        found[mode.value] = client.create(**asked, response_model=Animal).model_dump()
        *_, last = client.create_partial(**asked, response_model=Animal)
        found[f"{mode.value} streamed"] = last.model_dump()
    return found


if __name__ == "__main__":
    print(json.dumps(main()))
