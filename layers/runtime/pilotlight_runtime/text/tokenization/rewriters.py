"""Makes the steps that change a text from a tokenizer's asset. Only tokenizers that have such steps import it."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping
from pilotlight_runtime.text.tokenization.character_classes import read_table
from pilotlight_runtime.text.tokenization.normal_forms import NormalForm
from pilotlight_runtime.text.tokenization.normalizers import (
    Characters,
    Lowercase,
    Metaspace,
    Padded,
    Prefix,
    Prepend,
    Replace,
    Strip,
)
from pilotlight_runtime.text.tokenization.patterns import Finder
from pilotlight_runtime.text.tokenization.steps import Rewriter
from pilotlight_runtime.text.tokenization.tokenizer_asset import TokenizerAsset


def _charsmap(step: Mapping[str, Any], asset: TokenizerAsset) -> Rewriter:
    from pilotlight_runtime.text.tokenization.charsmap import Charsmap

    old, new = ([text.decode() for text in asset.texts(step[name]).all()] for name in ("old", "new"))
    return Charsmap(dict(zip(old, new, strict=True)), read_table(asset, step["kinds"]))


REWRITERS: Final[Mapping[str, Callable[[Mapping[str, Any], TokenizerAsset], Rewriter]]] = {
    "characters": lambda step, asset: Characters(read_table(asset, step["table"])),
    "padded": lambda step, asset: Padded(read_table(asset, step["table"])),
    "lowercase": lambda step, asset: Lowercase(read_table(asset, step["table"])),
    "charsmap": _charsmap,
    "form": lambda step, asset: NormalForm(step["form"], read_table(asset, step["newer"])),
    "replace": lambda step, asset: Replace(Finder(step, asset), step["new"]),
    "prepend": lambda step, _asset: Prepend(step["prefix"]),
    "prefix": lambda step, _asset: Prefix(step["prefix"]),
    "metaspace": lambda step, _asset: Metaspace(step["mark"], step["scheme"]),
    "strip": lambda step, _asset: Strip(left=step["left"], right=step["right"]),
}
"""Makes a step of its values and its asset, by its kind."""
