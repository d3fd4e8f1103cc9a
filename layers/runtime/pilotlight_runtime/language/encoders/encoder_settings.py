"""What language.json says about an encoder: embeddings, text and token classification, reranking."""

from __future__ import annotations

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple
from pilotlight_runtime.types import LoadedModel

LANGUAGE_NAME: Final = "language.json"
TOKENIZER_NAME: Final = "tokenizer.bin"
GRAPH: Final = "encoder"
EMBED: Final = "embed"
CLASSIFY: Final = "classify"
TAG: Final = "tag"
RERANK: Final = "rerank"


class EncoderSettings(NamedTuple):
    """How an encoder is run.

    Attributes:
        task: EMBED, CLASSIFY, TAG or RERANK.
        longest: The most tokens of a text with those around it.
        batch: The most texts of a request.
        cells: The most tokens of one run, with padding.
        labels: The names of the classes; empty for EMBED and RERANK.
        dimensions: The length of a vector; 0 but for EMBED.
        shorter: Lengths to which the model's vectors may be cut.
        normalize: Whether vectors have length 1.
        prefixes: What stands before a "query" and before a "document".
    """

    task: str
    longest: int
    batch: int
    cells: int
    labels: tuple[str, ...]
    dimensions: int
    shorter: tuple[int, ...]
    normalize: bool
    prefixes: Mapping[str, str]


def read_encoder_settings(model: LoadedModel) -> EncoderSettings:
    """Reads the settings of an encoder.

    Args:
        model: The loaded model.

    Returns:
        The settings.

    Raises:
        ManifestError: There is no language.json, or it does not describe an encoder.
    """
    path = model.asset(LANGUAGE_NAME)
    document: Any = read_json(path)
    try:
        task = document["task"]
        section = document["embedding" if task == EMBED else "encoder"]
        found = EncoderSettings(
            task=task,
            longest=int(section["longest"]),
            batch=int(section["batch"]),
            cells=int(section["cells"]),
            labels=tuple(document.get("labels", ())),
            dimensions=int(section.get("dimensions", 0)),
            shorter=tuple(section.get("shorter", ())),
            normalize=bool(section.get("normalize", False)),
            prefixes=section.get("prefixes", {}),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"{path} does not describe an encoder ({error!r}); import the model again") from error
    if found.task not in (EMBED, CLASSIFY, TAG, RERANK) or min(found.longest, found.batch, found.cells) < 1:
        raise ManifestError(f"{path} has a task or a size that no encoder has; import the model again")
    return found
