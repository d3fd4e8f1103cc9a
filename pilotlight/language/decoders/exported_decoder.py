"""A decoder that somebody has exported to ONNX, by Optimum or onnxruntime-genai: its names, its sizes, its cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # onnx brings it without types
from onnx import TensorProto

from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import join_names
from pilotlight.language.decoders.signature import GROWN, SHARED

INPUT_IDS: Final = "input_ids"
MASK: Final = "attention_mask"
POSITIONS: Final = "position_ids"
BRANCH: Final = "use_cache_branch"
"""The input by which Optimum's merged decoders know whether there is a cache."""
OUTPUT: Final = "logits"
_KNOWN: Final = (INPUT_IDS, MASK, POSITIONS, BRANCH)
_PAST: Final = re.compile(r"past(?:_key_values)?[._](\d+)[._](key|value)")
_PRESENT: Final = re.compile(r"present(?:_key_values)?[._](\d+)[._](key|value)")
_HINT: Final = (
    "Export it with Optimum (optimum-cli export onnx --task text-generation-with-past), or with onnxruntime-genai's "
    "builder for the CPU."
)


class ExportedDecoder(NamedTuple):
    """An exported decoder.

    Attributes:
        path: Its file.
        model: The graph. Weights that lie in other files are not loaded.
        inputs: The types of the inputs by name, those of the cache left out.
        past: The export's names of the cache before, by ours.
        present: The export's names of the cache afterwards, by ours.
        heads: The number of heads of keys.
        head_size: The length of a head's vector.
        vocabulary: The number of logits of a position.
        cache: SHARED where all attention is GroupQueryAttention, else GROWN.
    """

    path: Path
    model: onnx.ModelProto
    inputs: dict[str, int]
    past: dict[str, str]
    present: dict[str, str]
    heads: int
    head_size: int
    vocabulary: int
    cache: str


def read_exported_decoder(path: Path) -> ExportedDecoder:
    """Read an exported decoder.

    Args:
        path: The ONNX file.

    Raises:
        ConversionError: The file is damaged, or has inputs or outputs that Pilotlight does not know.
    """
    model = _load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    values = [value for value in model.graph.input if value.name not in weights]
    past = _match(value.name for value in values if value.name not in _KNOWN)
    present = _match(value.name for value in model.graph.output)
    inputs = {value.name: value.type.tensor_type.elem_type for value in values if value.name in _KNOWN}
    unknown = [value.name for value in values if value.name not in {*inputs, *past.values()}]
    if INPUT_IDS not in inputs or unknown:
        what = f"has the inputs {join_names(value.name for value in values)}, which are not those of a decoder"
        raise ConversionError(str(path), what, _HINT)
    if not past or past.keys() != present.keys():
        raise ConversionError(
            str(path), "has no cache of keys and values, so each token would cost a whole text", _HINT
        )
    layers = {name.rpartition("_")[2] for name in past}
    if len(past) != 2 * len(layers) or layers != {str(layer) for layer in range(len(layers))}:
        raise ConversionError(str(path), "has a cache that lacks the keys or values of a layer", _HINT)
    heads, head_size = _find_sizes(path, {value.name: value for value in values}, past)
    vocabulary = _find_vocabulary(path, model)
    return ExportedDecoder(path, model, inputs, past, present, heads, head_size, vocabulary, _find_cache(model))


def list_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph and of the graphs inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from list_nodes(attribute.g)


def _load(path: Path) -> onnx.ModelProto:
    origin = Origin(str(path), _HINT, ConversionError)
    open_file(path, origin).close()
    try:
        return onnx.load(str(path), format="protobuf", load_external_data=False)
    except (DecodeError, UnicodeDecodeError) as error:
        raise origin.refuse("is damaged or no ONNX file") from error


def _match(names: Iterator[str]) -> dict[str, str]:
    """Return the names that stand for the cache by ours, such as key_0."""
    found = ((_PAST.fullmatch(name) or _PRESENT.fullmatch(name), name) for name in names)
    return {f"{match[2]}_{int(match[1])}": name for match, name in found if match}


def _find_sizes(path: Path, values: dict[str, onnx.ValueInfoProto], past: dict[str, str]) -> tuple[int, int]:
    """Return the number of heads of keys, and the length of a head's vector."""
    sizes = set()
    for name in past.values():
        tensor = values[name].type.tensor_type
        shape = [dim.dim_value for dim in tensor.shape.dim]
        if tensor.elem_type != TensorProto.FLOAT:
            kind = TensorProto.DataType.Name(tensor.elem_type)
            hint = "Export it for the CPU, with floats of 32 bits between the operators; weights may have fewer bits."
            raise ConversionError(str(path), f"has the cache {name!r} of type {kind}", hint)
        if len(shape) != 4 or not shape[1] or not shape[3]:
            what = f"has the cache {name!r} of shape {shape}, not [batch, heads, tokens, size of a head]"
            raise ConversionError(str(path), what, _HINT)
        sizes.add((shape[1], shape[3]))
    if len(sizes) != 1:
        raise ConversionError(str(path), "has layers with caches of several sizes", "This is not supported.")
    return sizes.pop()


def _find_vocabulary(path: Path, model: onnx.ModelProto) -> int:
    output = next((value for value in model.graph.output if value.name == OUTPUT), None)
    shape = [] if output is None else [dim.dim_value for dim in output.type.tensor_type.shape.dim]
    if len(shape) != 3 or not shape[2]:
        raise ConversionError(str(path), f"has no output {OUTPUT!r} of shape [batch, tokens, vocabulary]", _HINT)
    return int(shape[2])


def _find_cache(model: onnx.ModelProto) -> str:
    """Return SHARED where GroupQueryAttention writes into the cache, and nothing else makes a new one."""
    makers = {name: node.op_type for node in model.graph.node for name in node.output}
    presents = [value.name for value in model.graph.output if _PRESENT.fullmatch(value.name)]
    return SHARED if all(makers.get(name) == "GroupQueryAttention" for name in presents) else GROWN
