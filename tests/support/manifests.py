"""Manifests without files, for what only reads signatures."""

from __future__ import annotations

from collections.abc import Sequence

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput, Manifest
from pilotlight_runtime.manifest_json import content_version
from pilotlight_runtime.signature import Signature, TensorSpec

End = tuple[str, str, Sequence[int]]
"""Name, datatype and shape."""


def signature_of(inputs: Sequence[End], outputs: Sequence[End]) -> Signature:
    """The signature with these ends."""
    return Signature(_specs(inputs), _specs(outputs))


def manifest_of(inputs: Sequence[End], outputs: Sequence[End], image: ImageInput | None = None) -> Manifest:
    """A manifest of the model "tiny"."""
    signature = signature_of(inputs, outputs)
    return Manifest("tiny", content_version(signature, (), image), signature, (), image, {}, {}, {})


def _specs(ends: Sequence[End]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(name, DATATYPES[datatype], tuple(shape)) for name, datatype, shape in ends)
