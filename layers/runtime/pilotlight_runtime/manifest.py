"""The manifest: what one published version holds.

manifest.json is the last file of a version to be written, so a version without one does not exist.
manifest_json reads and writes it.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.signature import Signature

MANIFEST_NAME: Final = "manifest.json"
MODEL_NAME: Final = "model.onnx"
WEIGHTS_NAME: Final = "weights.bin"
"""The file of large tensors beside a graph whose manifest says how it is loaded."""
PLATFORM: Final = "onnx_onnxv1"
"""What the Open Inference Protocol calls an ONNX graph."""

Json = dict[str, Any]
"""A JSON object that people and the tool read, and serving does not."""


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
    """Which graph a function opens.

    graph: the file's name. host: the description (see engine.host) of the hosts that may open it; other hosts, and all
    where it is "", open MODEL_NAME. reason, figures: for people, why the graph was chosen and what was measured.
    pack_later: whether a function may answer first and lay the weights out afterwards, see deferred_packing. Like
    `reason`, it takes no part in the version's name.
    """

    graph: str
    host: str
    reason: str
    figures: Json
    pack_later: bool = False


class Graph(NamedTuple):
    """One of several graphs that app.py runs. Its files lie in the folder `name` of the version.

    signature: of the graph itself, which callers never see. loading: which file of the graph is opened.
    """

    name: str
    signature: Signature
    loading: Loading | None = None


class Manifest(NamedTuple):
    """A version of a model. metrics and provenance are for people; serving reads the rest.

    parity: the report of the gate. Serving reads its number of samples: whether the gate has seen the model answer.
    ranges: by input, the values that the graph takes or that the gate has seen, see refused_inputs.py. It takes no part
    in the version's name. None where none is known, as in versions of older releases.
    signature: what callers send and get. loading: None where there is one file of the graph. graphs: the graphs that
    app.py runs, empty where MODEL_NAME answers callers itself. assets: names of further files that app.py reads.
    stream: whether HTTP answers are sent as they are made; the function's routes must expect that.
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
    ranges: Json | None = None
    stream: bool = False


def needed_files(manifest: Manifest) -> tuple[str, ...]:
    """The files that serving needs: graphs and assets."""
    if not manifest.graphs:
        return (MODEL_NAME, *manifest.assets)
    return (*(f"{graph.name}/{MODEL_NAME}" for graph in manifest.graphs), *manifest.assets)
