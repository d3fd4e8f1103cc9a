"""What the peers need to know of the chat model: its decoder, its tokenizer, the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple


class Chat(NamedTuple):
    """The model that all of them run.

    Attributes:
        decoder: The graph of the packaged version, external data beside it.
        tokenizer: The document of tokenizer.json, which the package tokenizers loads.
        vocabulary: How many tokens there are.
        hidden: The width of the model.
        stop: The tokens that end an answer.
    """

    decoder: Path
    tokenizer: dict[str, Any]
    vocabulary: int
    hidden: int
    stop: tuple[int, ...]
