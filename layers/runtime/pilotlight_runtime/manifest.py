"""What one published version holds: the schema that the tool writes and Lambda reads.

manifest.json is the last file of a version to be written, so a version without one does not exist.
manifest_json reads and writes it.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.signature import Signature

MANIFEST_NAME: Final = "manifest.json"
MODEL_NAME: Final = "model.onnx"
WEIGHTS_NAME: Final = "weights.bin"
"""The large tensors of every graph of a version that says how it is loaded."""
PLATFORM: Final = "onnx_onnxv1"
"""What the Open Inference Protocol calls an ONNX graph."""

Json = dict[str, Any]
"""A JSON object whose fields only people and the tool read."""


class ArtifactFile(NamedTuple):
    """A file of the version. name: relative, no folders above. sha256: lower-case hex. size: bytes."""

    name: str
    sha256: str
    size: int


class ImageInput(NamedTuple):
    """How a PNG or JPEG becomes the model's input.

    input: the input's name. height, width: pixels. channels: 1 (grey) or 3 (RGB). scale, offset: a pixel p of 0..255
    becomes p * scale + offset. layout: "NHWC" or "NCHW".
    """

    input: str
    height: int
    width: int
    channels: int
    scale: float
    offset: float
    layout: str


class Loading(NamedTuple):
    """Which graph is opened.

    graph: the file's name. host: what `pilotlight_runtime.engine.host` says where that graph was made and may be
    opened; elsewhere, and where it is "", MODEL_NAME is opened. reason, figures: for people, why it was chosen and what
    was measured.
    """

    graph: str
    host: str
    reason: str
    figures: Json


class Graph(NamedTuple):
    """One of the graphs that app.py's code runs; its files lie in the folder `name` of the version.

    signature: the graph's own, which callers never see. loading: as the manifest's, of this graph.
    """

    name: str
    signature: Signature
    loading: Loading | None = None


class Manifest(NamedTuple):
    """A version of a model. metrics, parity and provenance are for people; serving reads the rest.

    signature: what callers send and get. loading: None in versions that hold one graph. graphs: those behind app.py's
    code, empty where MODEL_NAME answers callers itself. assets: names of the files that the code reads besides.
    """

    model: str
    version: str
    signature: Signature
    files: tuple[ArtifactFile, ...]
    image: ImageInput | None
    metrics: Json
    parity: Json
    provenance: Json
    loading: Loading | None = None
    graphs: tuple[Graph, ...] = ()
    assets: tuple[str, ...] = ()


def needed_files(manifest: Manifest) -> tuple[str, ...]:
    """The files without which `manifest` cannot be served: graphs and assets."""
    if not manifest.graphs:
        return (MODEL_NAME, *manifest.assets)
    return (*(f"{graph.name}/{MODEL_NAME}" for graph in manifest.graphs), *manifest.assets)
