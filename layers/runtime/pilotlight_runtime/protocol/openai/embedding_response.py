"""Embeddings as an answer. Source: OpenAI, "API reference", "The embedding object"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Sequence
from pilotlight_runtime.protocol.openai.embedding_request import BASE64
from pilotlight_runtime.protocol.openai.usage import Usage


def write_embeddings(model: str, vectors: Sequence[bytes], encoding: str, tokens: int) -> dict[str, Any]:
    """Writes an answer.

    Args:
        model: The model's name.
        vectors: FP32, little-endian.
        encoding: FLOAT or BASE64.
        tokens: Of all inputs.

    Returns:
        The body.
    """
    write = _write_base64 if encoding == BASE64 else _write_floats
    data = [{"object": "embedding", "index": index, "embedding": write(vector)} for index, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": model, "usage": Usage(tokens).write_input()}


def _write_floats(vector: bytes) -> list[float]:
    numbers: list[float] = list(memoryview(vector).cast("f"))
    return numbers


def _write_base64(vector: bytes) -> str:
    from binascii import b2a_base64

    return b2a_base64(vector, newline=False).decode()
