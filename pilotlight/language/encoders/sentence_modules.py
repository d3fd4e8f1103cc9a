"""What a folder says about embeddings: the files that sentence-transformers writes beside a model.

Source: the modules Transformer, Pooling, Dense and Normalize of sentence-transformers, and the files that they save.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.documents import describe, read_json
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.core.printable import join_names, name_of
from pilotlight.language.encoders.head import FIRST, LAST, MAX, MEAN, Dense
from pilotlight.language.encoders.weights import read_linear
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.settings import Settings
from pilotlight.language.sources import read_settings
from pilotlight.language.tasks import MODULES_NAME

_PROMPTS_NAME: Final = "config_sentence_transformers.json"
_LENGTH_NAMES: Final = tuple(
    f"sentence_{kind}_config.json" for kind in ("bert", "roberta", "distilbert", "camembert", "xlm-roberta", "mpnet")
)
_MODES: Final = {
    "pooling_mode_cls_token": FIRST,
    "pooling_mode_mean_tokens": MEAN,
    "pooling_mode_max_tokens": MAX,
    "pooling_mode_lasttoken": LAST,
}
_SUPPORTED: Final = "Supported are Transformer, one Pooling (mean, cls, max or last token), Dense, and Normalize."
_ACTIVATIONS: Final = {"Tanh": "tanh", "ReLU": "relu", "Identity": ""}
_DOCUMENT_PROMPTS: Final = ("document", "passage", "corpus")


class SentenceModules(NamedTuple):
    """How a folder makes embeddings.

    Attributes:
        pooling: How the vectors of tokens become one; "" where the folder does not say.
        dense: Linear layers behind.
        normalize: Whether the vectors have length 1; None where the folder does not say.
        longest: The most tokens of a text; 0 where the folder does not say.
        lower: Whether texts become lower case before they become tokens.
        prefixes: What stands before a "query" and before a "document".
    """

    pooling: str
    dense: tuple[Dense, ...]
    normalize: bool | None
    longest: int
    lower: bool
    prefixes: Mapping[str, str]


def read_sentence_modules(folder: Path) -> SentenceModules:
    """Read how a folder makes embeddings.

    Args:
        folder: The folder of the model.

    Raises:
        ConversionError: A file is damaged, or there is a module that is not supported.
    """
    sizes = next(filter(None, (read_settings(folder / name) for name in _LENGTH_NAMES)), {})
    length = Settings(str(folder / _LENGTH_NAMES[0]), sizes)
    longest = length.count("max_seq_length") if length.get("max_seq_length") is not None else 0
    lower, prefixes = sizes.get("do_lower_case") is True, _read_prefixes(folder)
    modules = _read_modules(folder)
    if not modules:
        return SentenceModules("", (), None, longest, lower, prefixes)
    pooling, dense, normalize = "", [], False
    for number, (kind, place) in enumerate(modules):
        if kind == "Pooling" and not pooling:
            pooling = _read_pooling(place)
        elif kind == "Dense" and pooling and not normalize:
            dense.append(_read_dense(place))
        elif kind == "Normalize" and pooling:
            normalize = True
        elif number or kind != "Transformer":
            what = f"has the module {name_of(kind)} at place {number}, which is not supported there"
            raise ConversionError(str(folder / MODULES_NAME), what, _SUPPORTED)
    if not pooling:
        raise ConversionError(str(folder / MODULES_NAME), "has no Pooling", _SUPPORTED)
    return SentenceModules(pooling, tuple(dense), normalize, longest, lower, prefixes)


def _read_modules(folder: Path) -> list[tuple[str, Path]]:
    """Return the kind and the folder of each module; none where there is no modules.json."""
    path = folder / MODULES_NAME
    if not path.exists():
        return []
    origin = Origin(str(path), "Save the model again with sentence-transformers.", ConversionError)
    document = read_json(read_file(path, origin, MEBIBYTE), origin)
    found = []
    for entry in document if isinstance(document, list) else [None]:
        match entry:
            case {"type": str(kind), "path": str(place)} if (folder / place).resolve().is_relative_to(folder.resolve()):
                found.append((kind.rpartition(".")[2], folder / place))
            case _:
                raise origin.refuse("is no list of modules, each with a type and a path in this folder")
    return found


def _read_pooling(place: Path) -> str:
    path = place / "config.json"
    config = read_settings(path) or {}
    chosen = [name for name, value in config.items() if name.startswith("pooling_mode_") and value is True]
    if not chosen and config.get("pooling_mode") in (MEAN, FIRST, MAX):  # newer releases write one name
        return str(config["pooling_mode"])
    if len(chosen) != 1 or chosen[0] not in _MODES:
        what = f"has the pooling {join_names(chosen)}" if chosen else "has no pooling"
        raise ConversionError(str(path), what, _SUPPORTED)
    if config.get("include_prompt") is False:
        raise ConversionError(str(path), "leaves the prefix out of the mean (include_prompt)", "Set no prefix for it.")
    return _MODES[chosen[0]]


def _read_dense(place: Path) -> Dense:
    config = Settings(str(place / "config.json"), read_settings(place / "config.json") or {})
    config.require("bias", (True,))
    name = str(config.get("activation_function")).rpartition(".")[2]
    if name not in _ACTIVATIONS:
        what = f"has the activation {name_of(name)}; supported are {', '.join(_ACTIVATIONS)}"
        raise ConversionError(config.where, what, _SUPPORTED)
    if not (place / "model.safetensors").is_file():
        raise ConversionError(str(place), "has no model.safetensors", "Save the model again as safetensors.")
    file = SafetensorsTensors(place, [place / "model.safetensors"])
    inputs, outputs = config.count("in_features"), config.count("out_features")
    return Dense(read_linear(file, "linear", inputs, outputs), _ACTIVATIONS[name])


def _read_prefixes(folder: Path) -> dict[str, str]:
    """Return the prefixes that sentence-transformers calls prompts."""
    path = folder / _PROMPTS_NAME
    document = read_settings(path) or {}
    prompts = document.get("prompts") or {}
    if not isinstance(prompts, dict) or not all(isinstance(text, str) for text in prompts.values()):
        raise ConversionError(str(path), f"has prompts {describe(prompts)}, no texts by name", "Correct the file.")
    usual = prompts.get(document.get("default_prompt_name") or "", "")
    document_prompt = next((prompts[name] for name in _DOCUMENT_PROMPTS if name in prompts), usual)
    return {"query": prompts.get("query", usual), "document": document_prompt}
