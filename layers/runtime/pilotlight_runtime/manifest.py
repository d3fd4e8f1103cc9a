"""What one published version holds: the schema that the tool writes and Lambda reads.

manifest.json is the last file of a version to be written, so a version without one does not exist. The version's name
is the first 12 hex digits of the sha256 of its content: signature, image input, files, and which graph is opened where.
Metrics, parity, provenance and what loading was measured to take describe that content and do not change its name, so
publishing the same model twice is a no-op.
"""

from __future__ import annotations

import json

from pilotlight_runtime.datatypes import datatype
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.typed import Any, Final, NamedTuple

SCHEMA: Final = 1
MANIFEST_NAME: Final = "manifest.json"
MODEL_NAME: Final = "model.onnx"
WEIGHTS_NAME: Final = "weights.bin"
"""The large tensors of every graph of a version that says how it is loaded."""
PLATFORM: Final = "onnx_onnxv1"
VERSION_DIGITS: Final = 12

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

    graph: the file's name. host: what `pilotlight_runtime.host` says where that graph was made and may be opened;
    elsewhere, and where it is "", MODEL_NAME is opened. reason, figures: for people, why it was chosen and what was
    measured.
    """

    graph: str
    host: str
    reason: str
    figures: Json


class Manifest(NamedTuple):
    """A version of a model. metrics, parity and provenance are for people; serving reads the rest.

    loading: None in versions that hold one graph.
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


def content_version(
    signature: Signature, files: tuple[ArtifactFile, ...], image: ImageInput | None, loading: Loading | None = None
) -> str:
    """The name of a version with this content: 12 lower-case hex digits."""
    from pilotlight_runtime.digest import bytes_sha256  # noqa: PLC0415  (loads OpenSSL: only checking pays for it)

    content = json.dumps(_content(signature, files, image, loading), sort_keys=True, separators=(",", ":"))
    return bytes_sha256(content.encode())[:VERSION_DIGITS]


def dump_manifest(manifest: Manifest) -> bytes:
    """manifest.json: readable, keys in a fixed order, a newline at its end."""
    document: Json = {
        "schema": SCHEMA,
        "model": manifest.model,
        "version": manifest.version,
        "platform": PLATFORM,
        **_content(manifest.signature, manifest.files, manifest.image, None),
        **({} if manifest.loading is None else {"loading": manifest.loading._asdict()}),
        "metrics": manifest.metrics,
        "parity": manifest.parity,
        "provenance": manifest.provenance,
    }
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()


def load_manifest(raw: bytes) -> Manifest:
    """The manifest in `raw`; ManifestError says which field is wrong."""
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise ManifestError(f"{MANIFEST_NAME} is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise ManifestError(f"{MANIFEST_NAME} has schema {found!r}; this runtime reads schema {SCHEMA}")
    try:
        return _manifest(document)
    except KeyError as error:
        raise ManifestError(f"{MANIFEST_NAME} lacks the field {error}") from error
    except (TypeError, ValueError, AttributeError, InvalidRequest) as error:
        raise ManifestError(f"{MANIFEST_NAME} is malformed: {error}") from error


def _manifest(document: Json) -> Manifest:
    image = document["image"]
    return Manifest(
        model=str(document["model"]),
        version=str(document["version"]),
        signature=Signature(
            inputs=tuple(_spec(spec) for spec in document["signature"]["inputs"]),
            outputs=tuple(_spec(spec) for spec in document["signature"]["outputs"]),
        ),
        files=tuple(_file(file) for file in document["files"]),
        image=None if image is None else ImageInput(**image),
        metrics=dict(document["metrics"]),
        parity=dict(document["parity"]),
        provenance=dict(document["provenance"]),
        loading=_loading(document.get("loading")),
    )


def _loading(loading: Json | None) -> Loading | None:
    if loading is None:
        return None
    return Loading(_file_name(loading["graph"]), str(loading["host"]), str(loading["reason"]), dict(loading["figures"]))


def _spec(spec: Json) -> TensorSpec:
    return TensorSpec(str(spec["name"]), datatype(spec["datatype"]), tuple(int(size) for size in spec["shape"]))


def _file(file: Json) -> ArtifactFile:
    return ArtifactFile(_file_name(file["name"]), str(file["sha256"]), int(file["size"]))


def _file_name(value: object) -> str:
    name = str(value)
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise ValueError(f"file name {name!r} leaves the version's folder")
    return name


def _content(
    signature: Signature, files: tuple[ArtifactFile, ...], image: ImageInput | None, loading: Loading | None
) -> Json:
    content: Json = {
        "signature": {
            "inputs": [_spec_json(spec) for spec in signature.inputs],
            "outputs": [_spec_json(spec) for spec in signature.outputs],
        },
        "files": [file._asdict() for file in sorted(files)],
        "image": None if image is None else image._asdict(),
    }
    if loading is not None:
        content["loading"] = {"graph": loading.graph, "host": loading.host}
    return content


def _spec_json(spec: TensorSpec) -> Json:
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(spec.shape)}
