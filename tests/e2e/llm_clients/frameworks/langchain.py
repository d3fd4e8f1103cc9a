"""The main calls of langchain-openai: langchain.py BASE_URL CHAT_MODEL EMBEDDING_MODEL prints JSON."""

import json
import sys
from typing import Any, Literal

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

BASE, CHAT, EMBED = sys.argv[1:4]
KEY = SecretStr("a-key")
MODEL = ChatOpenAI(
    base_url=BASE, api_key=KEY, model=CHAT, temperature=0, max_completion_tokens=300, max_retries=0, stream_usage=True
)
MESSAGES = [SystemMessage("You answer in one sentence."), HumanMessage("What is the capital of France?")]


class Animal(BaseModel):
    """An animal."""

    kind: Literal["cat", "dog", "bird"]
    legs: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def main() -> dict[str, Any]:
    whole = MODEL.invoke(MESSAGES)
    parts = list(MODEL.stream(MESSAGES))
    usage = [part.usage_metadata for part in parts if part.usage_metadata]
    structured = MODEL.with_structured_output(Animal, method="json_schema").invoke("Describe a cat.")
    assert isinstance(structured, Animal)
    called = MODEL.bind_tools([get_weather], tool_choice="get_weather").invoke("What is the weather in Paris?")
    assert isinstance(called, AIMessage)
    embeddings = OpenAIEmbeddings(base_url=BASE, api_key=KEY, model=EMBED, check_embedding_ctx_length=False)
    vectors = embeddings.embed_documents(["A cat sits on the mat.", "Interest rates rose again."])
    query = embeddings.embed_query("A kitten lies on the rug.")
    return {
        "chat": whole.content,
        "tokens": (whole.usage_metadata or {}).get("output_tokens"),
        "chat_streamed": "".join(str(part.content) for part in parts),
        "streamed_tokens": usage[-1]["output_tokens"] if usage else None,
        "structured": structured.model_dump(),
        "tools": [{"name": call["name"], "arguments": call["args"]} for call in called.tool_calls],
        "dimensions": len(query),
        "near": sum(a * b for a, b in zip(query, vectors[0], strict=True)),
        "far": sum(a * b for a, b in zip(query, vectors[1], strict=True)),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
