"""The main calls of llm: llm_models.py BASE_URL CHAT_MODEL EMBEDDING_MODEL prints JSON. LLM_USER_PATH is its folder."""

import json
import sys
from typing import Any, Literal

import llm
from pydantic import BaseModel

BASE, CHAT = sys.argv[1:3]
MODELS = f"""
- model_id: chat
  model_name: {CHAT}
  api_base: {BASE}
  supports_schema: true
  supports_tools: true
- model_id: completion
  model_name: {CHAT}
  api_base: {BASE}
  completion: true
"""


class Animal(BaseModel):
    """An animal."""

    kind: Literal["cat", "dog", "bird"]
    legs: int


def main() -> dict[str, Any]:
    (llm.user_dir() / "extra-openai-models.yaml").write_text(MODELS)
    chat, completion = llm.get_model("chat"), llm.get_model("completion")
    question = "What is the capital of France?"
    whole = chat.prompt(question, stream=False, key="a-key", max_tokens=24, temperature=0)
    streamed = chat.prompt(question, stream=True, key="a-key", max_tokens=24, temperature=0)
    structured = chat.prompt("Describe a cat.", schema=Animal, stream=False, key="a-key", max_tokens=300)
    asked: Any = {"key": "a-key", "max_tokens": 8, "temperature": 0}
    return {
        "chat": whole.text(),
        "tokens": whole.usage().output,
        "chat_streamed": "".join(streamed),
        "structured": json.loads(structured.text()),
        "completion": completion.prompt("One, two, three,", stream=False, **asked).text(),
        "completion_streamed": "".join(completion.prompt("One, two, three,", stream=True, **asked)),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
