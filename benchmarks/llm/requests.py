"""What is asked: a prompt of 34 tokens, and a chat with 500 tokens of history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

NAME: Final = "assistant"
TOKENS: Final = 64
QUESTION: Final = "What is gravity?"
PROMPT: Final = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
)
"""What the model's chat template makes of QUESTION: 34 tokens."""
PROMPT_TOKENS: Final = 34

Messages = Sequence[Mapping[str, str]]


def chat_event(
    tokens: int, messages: Messages = ({"role": "user", "content": QUESTION},), key: str = "a"
) -> dict[str, Any]:
    """A REST API's event for a streamed, greedy chat completion.

    Args:
        tokens: The longest answer.
        messages: The chat so far.
        key: Tells the callers apart: the API key and its id.
    """
    body = {
        "model": NAME,
        "messages": messages,
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    path = "v1/chat/completions"
    return {
        "resource": f"/{NAME}/v1/{{proxy+}}",
        "path": f"/{NAME}/{path}",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", "Host": "example.com", "x-api-key": key},
        "pathParameters": {"proxy": "chat/completions"},
        "requestContext": {"requestId": "bench", "stage": "prod", "identity": {"apiKey": key, "apiKeyId": key}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
