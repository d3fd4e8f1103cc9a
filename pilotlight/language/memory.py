"""The memory that the function of a language model needs, from what is written about a version.

What counts is what the process holds. ONNX Runtime maps the weights, lays those of matrix products out anew ("packing")
and lets go of the pages of the file one after the other, so that each weight is there once. Only a table of tokens that
is the output matrix too is there twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pilotlight_runtime.manifest import Graph, Manifest

_MB: Final = 1024 * 1024
_FLOAT: Final = 4
"""Bytes of a number in the cache and between operators."""
_BASE: Final = 96 * _MB
"""Python, the runtime and ONNX Runtime's library with an open graph."""
_REQUEST: Final = 64 * _MB
"""What a request and its answer take besides."""
_TOKENIZER: Final = 10
"""Bytes in memory for each byte of a compiled tokenizer, whose tokens become Python's objects."""
_CHUNK: Final = 128
"""Tokens of a prompt that one run reads; see pilotlight_runtime/language/generation/shared_cache.py."""
_GROUPS: Final = 4
"""Heads of queries on a head of keys, where the version doesn't say. All of them together are as long as a token's
vector."""
_WIDTHS: Final = 8
"""Vectors of a token that are in memory at once, in units of a layer's width: the feed-forward part has the largest."""
_HEAD: Final = 32
"""The smallest usual size of an encoder's head."""
_ENCODER_TOKENS: Final = 2048
"""Tokens that one run of an encoder takes, where the version doesn't say."""
_LONGEST: Final = 512
_DIMENSIONS: Final = 384


class MemoryNeed(NamedTuple):
    """Bytes that a function needs, by what needs them.

    Attributes:
        weights: The files of the graphs, as they are mapped or packed.
        table: The table of tokens as it is mapped, beside its packed form; 0 where no text is generated.
        cache: The keys and values of a whole context; 0 where no text is generated.
        working: What is between the operators while the longest text is read.
        process: The process, the tokenizer and a request.
    """

    weights: int
    table: int
    cache: int
    working: int
    process: int

    @property
    def megabytes(self) -> int:
        """All together, in MB of 1,048,576 bytes, rounded up."""
        return -(-sum(self) // _MB)

    def __str__(self) -> str:
        parts = {
            "weights": self.weights,
            "table of tokens": self.table,
            "key-value cache": self.cache,
            "working memory": self.working,
            "process": self.process,
        }
        listed = ", ".join(f"{-(-size // _MB)} {what}" for what, size in parts.items() if size)
        return f"{self.megabytes} MB of memory ({listed})"


def estimate_memory(manifest: Manifest, settings: Mapping[str, Any]) -> MemoryNeed:
    """Estimate the memory of a language model's function, for its longest texts.

    Args:
        manifest: The manifest of the version.
        settings: The content of language.json.

    Returns:
        What the function needs at most.
    """
    graphs = tuple(f"{graph.name}/" for graph in manifest.graphs)
    weights = sum(file.size for file in manifest.files if file.name.startswith(graphs)) if graphs else 0
    assets = sum(file.size for file in manifest.files if file.name in manifest.assets)
    decoder = next((graph for graph in manifest.graphs if _caches(graph)), None)
    process = _BASE + _REQUEST + assets * _TOKENIZER
    if decoder is None:
        return MemoryNeed(weights, 0, 0, _encoder_working(settings.get("embedding")), process)
    section = settings.get("generation")
    return MemoryNeed(weights, *_decoder_memory(decoder, section if isinstance(section, Mapping) else {}), process)


def _decoder_memory(decoder: Graph, section: Mapping[str, Any]) -> tuple[int, int, int]:
    """The table of tokens, the cache of a whole context, and what reading a prompt takes besides."""
    context, vocabulary = _count(section, "context", 2048), _count(section, "vocabulary", 32_000)
    caches = _caches(decoder)
    cache = sum(heads * size for heads, size in caches) * context * _FLOAT
    if section.get("cache") == "grown":
        cache *= 2  # each run returns a longer one while the one before is there
    key_heads, size = caches[0]
    heads = _count(section, "heads", key_heads * _GROUPS)
    scores = heads * _CHUNK * context
    between = _CHUNK * heads * size * _WIDTHS
    return vocabulary * heads * size, cache, (scores + between + 4 * vocabulary) * _FLOAT


def _encoder_working(section: object) -> int:
    """What one run of an encoder takes: the scores of attention, and the vectors of all its tokens."""
    known = section if isinstance(section, Mapping) else {}
    tokens, longest = _count(known, "batch", _ENCODER_TOKENS), _count(known, "longest", _LONGEST)
    width = _count(known, "dimensions", _DIMENSIONS)
    tokens = max(tokens, longest)
    return (2 * tokens * longest * max(1, width // _HEAD) + tokens * width * _WIDTHS) * _FLOAT


def _caches(graph: Graph) -> list[tuple[int, int]]:
    """The heads and their size, of each key and value that the graph takes."""
    shapes = [spec.shape for spec in graph.signature.inputs if spec.name.startswith(("key_", "value_"))]
    return [(shape[1], shape[3]) for shape in shapes if len(shape) == 4]


def _count(section: Mapping[str, Any], key: str, default: int) -> int:
    """A whole number of at least 1; the default where there is none."""
    value = section.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else default
