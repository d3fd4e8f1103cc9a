"""What a train.py exported becomes a candidate: a folder a graph, the assets beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pilotlight.conversion.convert import convert
from pilotlight.conversion.external_data import CODE_SUFFIXES, RESERVED_NAMES
from pilotlight.core.artifacts import Candidate, Exported
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig

_GRAPH_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_ASSET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9]+")


def convert_exported(exported: Exported, config: ModelConfig, into: Path) -> Candidate:
    """Writes each graph of `exported` into a folder of its name below `into`, and the assets into `into`.

    The candidate's signature is that of model.toml, which callers see. ConversionError where there is none, a name is
    impossible or taken, or a graph cannot be converted.
    """
    where = f"model {config.name!r}"
    if config.signature is None:
        raise ConversionError(where, "has no [signature]", "Name in model.toml what callers send and get.")
    if not exported.graphs:
        raise ConversionError(where, "exports no graph", "Give Exported at least one in `graphs`.")
    _check(where, "graph", exported.graphs, _GRAPH_NAME, "lower-case letters, digits, _ and -, a letter first")
    _check(where, "asset", exported.assets, _ASSET_NAME, "a plain file name with a suffix, such as vocabulary.json")
    into.mkdir(parents=True, exist_ok=True)
    for name, content in exported.assets.items():
        (into / name).write_bytes(content)
    parts = {
        name: convert(model, replace(config, name=f"{config.name}/{name}", signature=None), into / name)
        for name, model in exported.graphs.items()
    }
    return Candidate(into, config.signature, parts=parts, assets=tuple(sorted(exported.assets)))


def _check(where: str, what: str, names: Iterable[str], allowed: re.Pattern[str], rule: str) -> None:
    for name in names:
        if not allowed.fullmatch(name):
            raise ConversionError(where, f"has the {what} {name!r}", f"Call it {rule}.")
        if name in RESERVED_NAMES or name.endswith(CODE_SUFFIXES):
            raise ConversionError(
                where, f"has the {what} {name!r}, a name that a function's folder cannot hold", "Call it otherwise."
            )
