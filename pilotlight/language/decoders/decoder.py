"""The decoder of a model that writes text, whether its graph is built from weights or was exported by somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pilotlight.language.decoders.runner import TextModel
from pilotlight_runtime.manifest import Json

Step = Callable[[int, int], None]
"""Is called with the number of parts that are done, and of all."""


@dataclass(frozen=True)
class Decoder:
    """A decoder that can be written as a graph.

    Attributes:
        where: The file or folder, for messages.
        vocabulary: The number of logits of a position.
        positions: The longest context in tokens that it was trained with.
        cache: SHARED or GROWN.
        bits: The bits of a weight in what is written; FLOAT_BITS where the weights stay as they are.
        source_bytes: The size of its files in bytes.
        facts: What the manifest says about it.
        write: Writes the graph that functions run to a folder, for a context of that many tokens.
        open_float: Opens the model that the gate compares with, for a context of that many tokens, with that many
            threads. What it needs to write goes to the folder.
    """

    where: str
    vocabulary: int
    positions: int
    cache: str
    bits: int
    source_bytes: int
    facts: Json
    write: Callable[[Path, int, Step], None]
    open_float: Callable[[Path, int, int], TextModel]
