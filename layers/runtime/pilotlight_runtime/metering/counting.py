"""What the tensors of a request count as."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Mapping
from pilotlight_runtime.metering.tariff import CHARACTERS, IMAGES, ROWS

if TYPE_CHECKING:
    from pilotlight_runtime.manifest import Manifest
    from pilotlight_runtime.tensor import Tensor


def count_inputs(inputs: Mapping[str, Tensor], manifest: Manifest) -> dict[str, int]:
    """Counts rows, images and characters.

    Args:
        inputs: The input tensors by name.
        manifest: Of the version. An input whose first dimension has any size holds rows.

    Returns:
        The counts by name. Rows are those of the longest input, at least one. Images are the rows of the input that
        takes pictures. Characters are those of the texts, and of bytes that are no text, each byte.
    """
    rows, images, characters = 1, 0, 0
    picture = manifest.image.input if manifest.image is not None else None
    for spec in manifest.signature.inputs:
        tensor = inputs.get(spec.name)
        if tensor is None:
            continue
        count = tensor.shape[0] if tensor.shape and spec.shape and spec.shape[0] < 0 else 1
        rows = max(rows, count)
        if spec.name == picture:
            images = count
        if spec.datatype.name == "BYTES":
            characters += sum([_count_characters(element) for element in tensor.elements])
    counts = {ROWS: rows, IMAGES: images, CHARACTERS: characters}
    return {name: count for name, count in counts.items() if count}


def _count_characters(text: bytes) -> int:
    try:
        return len(text.decode())
    except UnicodeDecodeError:
        return len(text)
