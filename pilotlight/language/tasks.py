"""The task of a language model, found in its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import join_names

GENERATE, EMBED, CLASSIFY, TAG, RERANK = "generate", "embed", "classify", "tag", "rerank"
TASK_NAMES: Final = {
    GENERATE: "text generation",
    EMBED: "embeddings",
    CLASSIFY: "text classification",
    TAG: "token classification",
    RERANK: "reranking",
}
MODULES_NAME: Final = "modules.json"
"""The file by which sentence-transformers marks a model for embeddings."""
_GENERATORS: Final = ("ForCausalLM", "LMHeadModel")
_ENCODERS: Final = ("bert", "nomic-bert", "jina-bert-v2", "modern-bert")
"""GGUF's names of architectures that make no text."""


def find_gguf_task(metadata: Mapping[str, Any]) -> str:
    """Return the task of a GGUF file.

    Args:
        metadata: Its metadata.
    """
    architecture = metadata["general.architecture"]
    pooled = metadata.get(f"{architecture}.pooling_type", 0)
    return EMBED if architecture in _ENCODERS or pooled else GENERATE


def find_task(folder: Path, config: Mapping[str, Any]) -> str:
    """Return the task of a folder as Hugging Face's libraries or onnxruntime-genai save it.

    Args:
        folder: The folder.
        config: Its config.json, with genai_config.json under "genai".

    Raises:
        ConversionError: The architecture has none of the supported tasks, or none is given.
    """
    found = config.get("architectures")
    names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    if any(name.endswith("ForSequenceClassification") for name in names):
        return RERANK if _count_labels(config) == 1 else CLASSIFY
    if any(name.endswith("ForTokenClassification") for name in names):
        return TAG
    if (folder / MODULES_NAME).is_file():
        return EMBED
    if any(name.endswith(_GENERATORS) for name in names) or "genai" in config:
        return GENERATE
    if any(name.endswith("Model") for name in names):
        return EMBED
    what = f"has the architecture {join_names(names)}" if names else "names no architecture in config.json"
    hint = "Supported are …ForCausalLM, …ForSequenceClassification, …ForTokenClassification, and encoders such as "
    raise ConversionError(str(folder), f"{what}, for which there is no task", f"{hint}BertModel.")


def _count_labels(config: Mapping[str, Any]) -> int:
    """Return the number of labels; transformers takes two where the configuration has none."""
    labels, count = config.get("id2label"), config.get("num_labels")
    if isinstance(labels, dict):
        return len(labels)
    return count if isinstance(count, int) else 2
