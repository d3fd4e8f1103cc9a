"""What a path holds: the format of a language model, its architecture and its task. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pilotlight.core.documents import read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.core.printable import name_of
from pilotlight.language.files.gguf_header import is_gguf, read_gguf_header
from pilotlight.language.tasks import EMBED, TASK_NAMES, find_gguf_task, find_task

GGUF, ONNX, SAFETENSORS = "gguf", "onnx", "safetensors"
CONFIG_NAME: Final = "config.json"
GENAI_NAME: Final = "genai_config.json"
WEIGHTS_INDEX: Final = "model.safetensors.index.json"
_GRAPHS: Final = (
    "decoder_model_merged.onnx",
    "model.onnx",
    "model_quantized.onnx",
    "decoder_model_merged_quantized.onnx",
)
"""Names of ONNX graphs in the order in which they are looked for."""
_TOKENIZER: Final = "tokenizer.json"
_SUPPORTED: Final = (
    "Supported are a .gguf file, a folder with config.json and model.safetensors (also in several files with "
    f"{WEIGHTS_INDEX}), and a folder with an ONNX export by Optimum (config.json and model.onnx, or "
    f"decoder_model_merged.onnx, there or in onnx/) or by onnxruntime-genai ({GENAI_NAME} and model.onnx). "
    "Of a model for embeddings, model.onnx and tokenizer.json are enough."
)


@dataclass(frozen=True)
class LanguageSource:
    """A language model as somebody has it.

    Attributes:
        path: The file or folder.
        format: GGUF, ONNX or SAFETENSORS.
        architecture: Such as "llama" or "bert": GGUF's general.architecture, or model_type of config.json.
        task: "generate", "embed", "classify", "tag" or "rerank".
        config: The content of config.json, with that of genai_config.json under "genai"; of a GGUF file its metadata.
        files: The files that hold the graph or the weights.
    """

    path: Path
    format: str
    architecture: str
    task: str
    config: Mapping[str, Any] = field(repr=False)
    files: tuple[Path, ...] = ()

    def describe(self) -> str:
        """Return in words what was found, for people."""
        kinds = {GGUF: "a GGUF file", ONNX: "an ONNX export", SAFETENSORS: "safetensors"}
        names = ", ".join(str(file.relative_to(self.path)) for file in self.files if file != self.path)
        where = f"{self.path.name} is" if self.format == GGUF else f"{self.path.name} holds"
        found = f"{kinds[self.format]} ({names})" if names else kinds[self.format]
        return f"{where} {found} of architecture {name_of(self.architecture)}; task: {TASK_NAMES[self.task]}"


def is_language_source(path: Path) -> bool:
    """Return whether a path looks like a language model: a folder, or a file that is GGUF by its name or content."""
    return path.is_dir() or path.suffix == ".gguf" or (path.is_file() and is_gguf(path))


def find_source(path: Path) -> LanguageSource:
    """Find out what a path holds.

    Args:
        path: A .gguf file or a folder.

    Raises:
        ConversionError: It is nothing that Pilotlight can import; the message lists what is supported.
    """
    if path.is_dir():
        return _find_in_folder(path)
    if not path.exists():
        raise ConversionError(str(path), "does not exist", "Check the path. No model is downloaded.")
    if not is_gguf(path):
        raise ConversionError(str(path), "is no GGUF file", _SUPPORTED)
    metadata = read_gguf_header(path).metadata
    architecture = metadata.get("general.architecture")
    if not isinstance(architecture, str):
        raise ConversionError(str(path), "has no metadata general.architecture", "Convert the model again.")
    return LanguageSource(path, GGUF, architecture, find_gguf_task(metadata), metadata, (path,))


def _find_in_folder(folder: Path) -> LanguageSource:
    config = _read_config(folder)
    graph, weights = _find_graph(folder), _find_weights(folder)
    if graph and not config and (folder / _TOKENIZER).is_file():  # somebody's own export, which only embeddings allow
        return LanguageSource(folder, ONNX, ONNX, EMBED, {}, (graph,))
    if not config or not (graph or weights):
        missing = CONFIG_NAME if not config else "safetensors or ONNX graph"
        raise ConversionError(str(folder), f"has no {missing}", _SUPPORTED)
    genai = config.get("genai", {}).get("model", {})
    architecture = config.get("model_type", genai.get("type"))
    if not isinstance(architecture, str):
        what = f"has a {CONFIG_NAME} without model_type, so that its architecture is not known"
        raise ConversionError(str(folder), what, _SUPPORTED)
    task = find_task(folder, config)
    if graph:  # somebody has exported the model already
        return LanguageSource(folder, ONNX, architecture, task, config, (graph,))
    return LanguageSource(folder, SAFETENSORS, architecture, task, config, weights)


def _read_config(folder: Path) -> dict[str, Any]:
    """Return config.json, with genai_config.json under "genai"; empty where the folder has neither."""
    config = read_settings(folder / CONFIG_NAME) or {}
    genai = read_settings(folder / GENAI_NAME)
    if genai is None:
        return config
    if not isinstance(genai.get("model"), dict):
        raise ConversionError(str(folder / GENAI_NAME), "has no model", "Export the model again.")
    return {**config, "genai": genai}


def read_settings(path: Path) -> dict[str, Any] | None:
    """Read a JSON file of a folder; None where it is missing.

    Args:
        path: The file, such as generation_config.json.

    Raises:
        ConversionError: It is no JSON object.
    """
    if not path.exists():
        return None
    origin = Origin(str(path), "Download or export the model again.", ConversionError)
    return read_object(read_file(path, origin, 16 * MEBIBYTE), origin)


def _find_graph(folder: Path) -> Path | None:
    places = (folder / name for name in _GRAPHS)
    below = (folder / "onnx" / name for name in _GRAPHS)
    return next((path for path in (*places, *below) if path.is_file()), None)


def _find_weights(folder: Path) -> tuple[Path, ...]:
    """Return the safetensors files. The index lists those of a model in several files."""
    single = folder / "model.safetensors"
    if single.is_file():
        return (single,)
    index = read_settings(folder / WEIGHTS_INDEX)
    if index is None:
        return ()
    names = index.get("weight_map")
    where = str(folder / WEIGHTS_INDEX)
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ConversionError(where, "has no weight_map of file names", "Download the model again.")
    files = tuple(folder / name for name in sorted(set(names.values())))
    for file in files:
        if file.parent != folder:
            raise ConversionError(where, f"names {name_of(file.name)!r} outside the folder", "Download it again.")
        if not file.is_file():
            raise ConversionError(str(file), "is missing, though the index names it", "Download the model again.")
    return files
