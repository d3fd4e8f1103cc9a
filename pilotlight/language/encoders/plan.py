"""How an encoder is served: its answer, lengths and prefixes, as model.toml says, else as its folder says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilotlight.core.embedding_config import MOST_TEXTS, EmbeddingConfig
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_config import CONFIG_NAME, ModelConfig
from pilotlight.language.encoders.head import MEAN, NORMALIZE, PLAIN, Head, read_labels
from pilotlight.language.encoders.sentence_modules import SentenceModules, read_sentence_modules
from pilotlight.language.settings import Settings
from pilotlight.language.sources import LanguageSource, read_settings
from pilotlight.language.tasks import CLASSIFY, EMBED, RERANK, TAG
from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.signature import Signature, TensorSpec

CELLS: Final = 2048
"""The most tokens of one run. More do not run faster, and take more memory."""
_USUAL_LONGEST: Final = 512
_MOST_SAID: Final = 1_000_000
"""A larger model_max_length stands for "no limit" in tokenizer_config.json."""
_TOKENIZER_SETTINGS: Final = "tokenizer_config.json"


@dataclass(frozen=True)
class EncoderPlan:
    """How an encoder is served.

    Attributes:
        task: EMBED, CLASSIFY, TAG or RERANK.
        head: What stands behind the encoder; None where it is read from the weights.
        labels: The names of the classes.
        longest: The most tokens of a text.
        batch: The most texts of a request.
        prefixes: What stands before a "query" and before a "document".
        shorter: Lengths to which vectors may be cut.
        lower: Whether texts become lower case before they become tokens.
    """

    task: str
    head: Head | None
    labels: tuple[str, ...]
    longest: int
    batch: int
    prefixes: Mapping[str, str]
    shorter: tuple[int, ...]
    lower: bool

    def document(self, dimensions: int) -> dict[str, Any]:
        """Return the content of language.json.

        Args:
            dimensions: The length of a vector.
        """
        limits = {"longest": self.longest, "batch": self.batch, "cells": max(CELLS, self.longest)}
        if self.task != EMBED or self.head is None:
            labels = {} if self.task == RERANK else {"labels": list(self.labels)}
            return {"task": self.task, "encoder": limits, **labels}
        vectors = {
            "pooling": self.head.pool,
            "normalize": self.head.finish == NORMALIZE,
            "dimensions": dimensions,
            "shorter": sorted(size for size in self.shorter if size < dimensions),
            "prefixes": dict(self.prefixes),
        }
        return {"task": EMBED, "embedding": {**vectors, **limits}}

    def signature(self, dimensions: int) -> Signature:
        """Return what callers of the Open Inference Protocol send and get.

        Args:
            dimensions: The length of a vector.
        """
        text = TensorSpec("text", BYTES, (-1,))
        if self.task == RERANK:
            return Signature((TensorSpec("query", BYTES, (1,)), text), (TensorSpec("score", FP32, (-1,)),))
        outputs = {
            EMBED: (TensorSpec("embedding", FP32, (-1, dimensions)),),
            CLASSIFY: (TensorSpec("label", BYTES, (-1,)), TensorSpec("probabilities", FP32, (-1, len(self.labels)))),
            TAG: (TensorSpec("entities", BYTES, (-1,)),),
        }
        return Signature((text,), outputs[self.task])


def plan_encoder(
    source: LanguageSource, config: ModelConfig, positions: int | None, note: Callable[[str], object]
) -> EncoderPlan:
    """Find out how an encoder is served.

    Args:
        source: The folder.
        config: model.toml. What [embedding] says goes before what the folder says.
        positions: The most tokens that the weights can take; None where that is not known.
        note: Is called with what was assumed.

    Raises:
        ConversionError: A file of the folder is damaged or asks for what is not supported.
        ProjectError: model.toml asks for what the model cannot do.
    """
    modules = read_sentence_modules(source.path)
    own = config.embedding or EmbeddingConfig()
    where = str(source.path / "config.json")
    if source.task != EMBED:
        if config.embedding is not None:
            what = f"has [embedding], but {source.path.name} is a model for another task ({source.task})"
            raise ProjectError(f"{config.name}/{CONFIG_NAME}", what, "Remove the section.")
        longest = _find_longest(source.path, modules, own, positions, note)
        labels = read_labels(source.config, source.task, where)
        return EncoderPlan(source.task, None, labels, longest, MOST_TEXTS, {}, (), modules.lower)
    prefixes = {
        "query": modules.prefixes["query"] if own.query_prefix is None else own.query_prefix,
        "document": modules.prefixes["document"] if own.document_prefix is None else own.document_prefix,
    }
    return EncoderPlan(
        task=EMBED,
        head=_plan_head(modules, own, note),
        labels=(),
        longest=_find_longest(source.path, modules, own, positions, note),
        batch=own.batch,
        prefixes=prefixes,
        shorter=own.dimensions or _read_matryoshka(Settings(where, source.config)),
        lower=modules.lower,
    )


def _plan_head(modules: SentenceModules, own: EmbeddingConfig, note: Callable[[str], object]) -> Head:
    if not modules.pooling and not own.pooling:
        note("the folder does not say how texts get one vector: the mean of their tokens' vectors is taken")
    if modules.normalize is None and own.normalize is None:
        note("the folder does not say whether vectors have length 1: they are normalised")
    wanted = modules.normalize is not False if own.normalize is None else own.normalize
    return Head(EMBED, own.pooling or modules.pooling or MEAN, modules.dense, NORMALIZE if wanted else PLAIN)


def _find_longest(
    folder: Path,
    modules: SentenceModules,
    own: EmbeddingConfig,
    positions: int | None,
    note: Callable[[str], object],
) -> int:
    """Return the most tokens of a text: what is asked for or said, and never more than the weights can take."""
    tokenizer = Settings(str(folder / _TOKENIZER_SETTINGS), read_settings(folder / _TOKENIZER_SETTINGS) or {})
    said = tokenizer.get("model_max_length")
    most = int(said) if isinstance(said, int | float) and 0 < said < _MOST_SAID else 0
    if own.longest:
        if positions is not None and own.longest > positions:
            what = f"embedding.longest is {own.longest}, but the model has positions for {positions} tokens"
            raise ProjectError(CONFIG_NAME, what, "Correct that line.")
        return own.longest
    known = [size for size in (modules.longest or most, positions) if size]
    if not known:
        note(f"nothing says how long a text may be: {_USUAL_LONGEST} tokens are taken")
    return min(known, default=_USUAL_LONGEST)


def _read_matryoshka(config: Settings) -> tuple[int, ...]:
    """Return the lengths for which some models' config.json says that vectors may be cut to them."""
    found = config.get("matryoshka_dimensions")
    if found is None:
        return ()
    if not isinstance(found, list) or not all(type(size) is int and size > 0 for size in found):
        raise config.wrong("matryoshka_dimensions", "a list of lengths", found)
    return tuple(found)
