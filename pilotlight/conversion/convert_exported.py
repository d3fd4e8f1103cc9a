"""Converts the graphs and assets of an Exported to a candidate: one folder for each graph, the assets beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.convert import convert
from pilotlight.conversion.external_data import CODE_SUFFIXES, RESERVED_NAMES
from pilotlight.core.artifacts import Candidate, Exported
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig

_GRAPH_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_ASSET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9]+")


def convert_exported(exported: Exported, config: ModelConfig, into: Path) -> Candidate:
    """Convert the graphs of a train.py that returned Exported, and write its assets.

    Args:
        exported: The graphs and the assets.
        config: The configuration of the model. Its [signature] is what callers see, so it is required.
        into: The folder. Each graph gets a subfolder of its name.

    Returns:
        The candidate, with one part for each graph.

    Raises:
        ConversionError: There is no [signature], a name is invalid or reserved, or a graph cannot be converted.
    """
    where = f"model {config.name!r}"
    if config.signature is None:
        raise ConversionError(where, "has no [signature]", "Describe the inputs and outputs for callers in model.toml.")
    if not exported.graphs:
        raise ConversionError(where, "exports no graph", "Pass at least one graph to Exported in `graphs`.")
    _check_names(where, "graph", exported.graphs, _GRAPH_NAME, "lower-case letters, digits, _ and -, a letter first")
    _check_names(
        where, "asset", exported.assets, _ASSET_NAME, "a plain file name with a suffix, such as vocabulary.json"
    )
    into.mkdir(parents=True, exist_ok=True)
    for name, content in exported.assets.items():
        (into / name).write_bytes(content)
    parts = {
        name: _convert_part(model, replace(config, name=f"{config.name}/{name}", signature=None), into / name)
        for name, model in exported.graphs.items()
    }
    return Candidate(into, config.signature, parts=parts, assets=tuple(sorted(exported.assets)))


def _convert_part(model: Any, config: ModelConfig, into: Path) -> Candidate:
    """Convert one graph. Callers never see its inputs, so the version does not keep their shared dimensions."""
    part = convert(model, config, into)
    return replace(part, signature=part.signature._replace(shared=()))


def _check_names(where: str, what: str, names: Iterable[str], allowed: re.Pattern[str], rule: str) -> None:
    for name in names:
        if not allowed.fullmatch(name):
            raise ConversionError(where, f"has the {what} {name!r}", f"Choose another name: {rule}.")
        if name in RESERVED_NAMES or name.endswith(CODE_SUFFIXES):
            raise ConversionError(
                where, f"has the {what} {name!r}, a name that a function's folder cannot hold", "Choose another name."
            )
