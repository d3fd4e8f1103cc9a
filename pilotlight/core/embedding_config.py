"""[embedding] of model.toml: how a model for embeddings is served. What is missing is taken from the model's folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.toml_table import TomlTable

POOLINGS: Final = ("mean", "cls", "last", "max")
MOST_TEXTS: Final = 2048
"""Of a request. Source: OpenAI's API reference, "Create embeddings"."""


@dataclass(frozen=True)
class EmbeddingConfig:
    """[embedding] of model.toml.

    Attributes:
        pooling: How the vectors of tokens become that of a text: one of POOLINGS; "" where the folder says it.
        normalize: Whether vectors have length 1; None where the folder says it.
        longest: The most tokens of a text; 0 where the folder says it.
        dimensions: Lengths to which callers may have vectors cut. Only models that were trained for it can be cut.
        query_prefix: What stands before a query; None where the folder says it.
        document_prefix: What stands before any other text; None where the folder says it.
        batch: The most texts of a request.
    """

    pooling: str = ""
    normalize: bool | None = None
    longest: int = 0
    dimensions: tuple[int, ...] = ()
    query_prefix: str | None = None
    document_prefix: str | None = None
    batch: int = MOST_TEXTS


def read_embedding_config(table: TomlTable | None) -> EmbeddingConfig | None:
    """Read [embedding].

    Args:
        table: The table; None where model.toml has none.

    Returns:
        The settings; None where there is no table.

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    if table is None:
        return None
    table.check_keys("pooling", "normalize", "longest", "dimensions", "query_prefix", "document_prefix", "batch")
    dimensions = table.read_shape("dimensions") if table.has("dimensions") else ()
    if any(size < 1 for size in dimensions):
        raise table.invalid("dimensions", "a list of lengths of at least 1", list(dimensions))
    return EmbeddingConfig(
        pooling=table.read_choice("pooling", POOLINGS[0], POOLINGS) if table.has("pooling") else "",
        normalize=table.read_boolean("normalize", default=True) if table.has("normalize") else None,
        longest=table.read_integer("longest", None, 1) if table.has("longest") else 0,
        dimensions=dimensions,
        query_prefix=table.read_text("query_prefix") if table.has("query_prefix") else None,
        document_prefix=table.read_text("document_prefix") if table.has("document_prefix") else None,
        batch=table.read_integer("batch", MOST_TEXTS, 1),
    )
