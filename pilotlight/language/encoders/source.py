"""An encoder as a folder holds it: its graph, and a function that computes the same without that graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pilotlight.core.model_config import ModelConfig
from pilotlight.language.encoders.export import INPUTS, Export, read_export, rewrite_export
from pilotlight.language.encoders.family import find_family
from pilotlight.language.encoders.graph import build_encoder_graph
from pilotlight.language.encoders.head import DONE, EACH, Dense, Head, find_finish, read_head
from pilotlight.language.encoders.plan import EncoderPlan, plan_encoder
from pilotlight.language.encoders.reference import Encode, apply_head, make_reference
from pilotlight.language.encoders.shape import read_encoder_shape
from pilotlight.language.encoders.weights import read_encoder
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.settings import Settings
from pilotlight.language.sources import SAFETENSORS, LanguageSource
from pilotlight.language.tasks import EMBED, TAG
from pilotlight_runtime.datatypes import INT64
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.tensor import Tensor

Note = Callable[[str], object]
_PADDED_POSITIONS = ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "data2vec-text", "xlm-roberta-xl")
"""Architectures that count positions from the id of the padding token plus 1."""


@dataclass(frozen=True)
class EncoderSource:
    """An encoder that has been read.

    Attributes:
        plan: How it is served.
        graph: The graph with its weights.
        reference: Computes the answer for one text without that graph.
        width: The length of a vector, or the number of scores.
        rows: The rows of the table of tokens; None where they are not known.
        how: How the reference computes, for people.
    """

    plan: EncoderPlan
    graph: onnx.ModelProto
    reference: Encode
    width: int
    rows: int | None
    how: str


def read_encoder_source(
    source: LanguageSource, config: ModelConfig, open_session: OpenSession, note: Note
) -> EncoderSource:
    """Read an encoder.

    Args:
        source: The folder.
        config: model.toml.
        open_session: Opens the graph of an export.
        note: Is called with what was assumed.

    Raises:
        ConversionError: A file is damaged, or the architecture is not supported.
        ProjectError: model.toml asks for what the model cannot do.
    """
    if source.format == SAFETENSORS:
        return _read_safetensors(source, config, note)
    return _read_export(source, config, open_session, note)


def _read_safetensors(source: LanguageSource, config: ModelConfig, note: Note) -> EncoderSource:
    where = str(source.path / "config.json")
    family = find_family(source.architecture, where)
    shape = read_encoder_shape(Settings(where, source.config), family)
    file = SafetensorsTensors(source.path, source.files)
    weights = read_encoder(file, shape)
    plan = plan_encoder(source, config, shape.longest, note)
    head = plan.head or read_head(file, family, source.task, source.config, where)
    return EncoderSource(
        plan=plan,
        graph=build_encoder_graph(shape, weights, head),
        reference=make_reference(shape, weights, head),
        width=_width(head.layers, shape.hidden),
        rows=shape.vocabulary,
        how="numpy from the safetensors",
    )


def _read_export(source: LanguageSource, config: ModelConfig, open_session: OpenSession, note: Note) -> EncoderSource:
    settings = Settings(str(source.path / "config.json"), source.config)
    plan = plan_encoder(source, config, _count_positions(settings, source.architecture), note)
    head = plan.head or Head(
        source.task, EACH if source.task == TAG else DONE, (), find_finish(source.task, source.config)
    )
    export = read_export(source.files[0], head)
    width = _width(export.head.layers, export.width)
    if source.task != EMBED and width != len(plan.labels):
        raise settings.wrong("id2label", f"names of {width} classes, as the graph has", list(plan.labels))
    rows = settings.count("vocab_size") if settings.get("vocab_size") is not None else None
    reference = _run_export(export, open_session)
    return EncoderSource(plan, rewrite_export(export), reference, width, rows, f"the exported {export.path.name}")


def _width(layers: Sequence[Dense], width: int) -> int:
    return int(layers[-1].linear.bias.size) if layers else width


def _count_positions(config: Settings, architecture: str) -> int | None:
    """Return the most tokens for which an exported model has positions; None where config.json does not say it."""
    if config.get("max_position_embeddings") is None:
        return None
    taken = config.count("pad_token_id", 1) + 1 if architecture in _PADDED_POSITIONS else 0
    return config.count("max_position_embeddings") - taken


def _run_export(export: Export, open_session: OpenSession) -> Encode:
    """Return a function that runs the exported file as it is, one text at a time, and does the rest with numpy."""
    session = open_session(Path(export.path), 1)
    kinds = {spec.name: spec.datatype for spec in session.signature.inputs}

    def encode(ids: Sequence[int], types: Sequence[int]) -> NDArray[Any]:
        given = {"input_ids": ids, "attention_mask": [1] * len(ids), "token_type_ids": types}
        tensors = {}
        for name in INPUTS:
            if name in kinds:
                dtype = np.int64 if kinds[name] is INT64 else np.int32
                tensors[name] = Tensor.from_numpy(np.array([given[name]], dtype), kinds[name])
        (answer,) = session.run(tensors, [export.output])
        return apply_head(answer.numpy()[0].astype(np.float32), export.head)

    return encode
