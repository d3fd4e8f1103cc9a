"""manifest.json: writes it, reads it, and names a version by its content.

The version's name is the first 12 hex digits of the sha256 of its content: signature, image input, files, which graph
is opened where, the graphs behind app.py's own code, the assets, and whether answers are streamed. A field that a
version does not have takes no part, so the names of older versions stay valid.
Metrics, parity, provenance, ranges of inputs and the measured loading times describe that content and do not change its
name, so publishing the same model twice is a no-op.
"""

from __future__ import annotations

from pilotlight_runtime.datatypes import datatype
from pilotlight_runtime.errors import InvalidRequest, ManifestError
from pilotlight_runtime.json_text import loads, make_encoder
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.manifest import (
    MANIFEST_NAME,
    PLATFORM,
    ArtifactFile,
    Graph,
    ImageInput,
    Json,
    Loading,
    Manifest,
)
from pilotlight_runtime.signature import SharedDimension, Signature, TensorSpec

SCHEMA: Final = 1
VERSION_DIGITS: Final = 12

_write_content: Final = make_encoder(sort_keys=True, separators=(",", ":"))


def content_version(
    signature: Signature,
    files: tuple[ArtifactFile, ...],
    image: ImageInput | None,
    loading: Loading | None = None,
    *,
    graphs: tuple[Graph, ...] = (),
    assets: tuple[str, ...] = (),
    stream: bool = False,
) -> str:
    """Names a version by its content: 12 lower-case hex digits."""
    from pilotlight_runtime.digest import bytes_sha256

    found = _content(signature, files, image)
    if loading is not None:
        found["loading"] = _choice(loading)
    if graphs:
        found["graphs"] = [
            {"name": graph.name, "signature": _signature_json(graph.signature), "loading": _choice(graph.loading)}
            for graph in graphs
        ]
    if assets:
        found["assets"] = sorted(assets)
    if stream:
        found["stream"] = True
    return bytes_sha256(_write_content(found).encode())[:VERSION_DIGITS]


def version_of(manifest: Manifest) -> str:
    """Names the content of `manifest`, whatever version the manifest states."""
    content = (manifest.signature, manifest.files, manifest.image, manifest.loading)
    return content_version(*content, graphs=manifest.graphs, assets=manifest.assets, stream=manifest.stream)


def dump_manifest(manifest: Manifest) -> bytes:
    """Writes manifest.json: indented, keys in a fixed order, a newline at the end."""
    import json  # the tool alone writes manifests

    document: Json = {
        "schema": SCHEMA,
        "model": manifest.model,
        "version": manifest.version,
        "platform": PLATFORM,
        **_content(manifest.signature, manifest.files, manifest.image),
        **({} if manifest.loading is None else {"loading": _loading_json(manifest.loading)}),
        **({"graphs": [_graph_json(graph) for graph in manifest.graphs]} if manifest.graphs else {}),
        **({"assets": sorted(manifest.assets)} if manifest.assets else {}),
        **({"stream": True} if manifest.stream else {}),
        **({"ranges": manifest.ranges} if manifest.ranges else {}),
        "metrics": manifest.metrics,
        "parity": manifest.parity,
        "provenance": manifest.provenance,
    }
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()


def load_manifest(raw: bytes) -> Manifest:
    """Reads manifest.json; ManifestError says which field is wrong."""
    try:
        document = loads(raw.decode())  # only UTF-8: json would guess other encodings
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{MANIFEST_NAME} is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise ManifestError(f"{MANIFEST_NAME} has schema {found!r}; this runtime reads schema {SCHEMA}")
    try:
        return _manifest(document)
    except KeyError as error:
        raise ManifestError(f"{MANIFEST_NAME} lacks the field {error}") from error
    except (TypeError, ValueError, AttributeError, OverflowError, InvalidRequest) as error:
        raise ManifestError(f"{MANIFEST_NAME} is malformed: {error}") from error


def _manifest(document: Json) -> Manifest:
    image = document["image"]
    return Manifest(
        model=str(document["model"]),
        version=str(document["version"]),
        signature=_signature(document["signature"]),
        files=tuple(_file(file) for file in document["files"]),
        image=None if image is None else ImageInput(**image),
        metrics=dict(document["metrics"]),
        parity=dict(document["parity"]),
        provenance=dict(document["provenance"]),
        loading=_loading(document.get("loading")),
        graphs=tuple(_graph(graph) for graph in document.get("graphs", ())),
        assets=tuple(_file_name(name) for name in document.get("assets", ())),
        ranges=dict(document["ranges"]) if "ranges" in document else None,
        stream=_flag(document.get("stream", False)),
    )


def _graph(graph: Json) -> Graph:
    return Graph(_file_name(graph["name"]), _signature(graph["signature"]), _loading(graph["loading"]))


def _signature(signature: Json) -> Signature:
    return Signature(
        inputs=tuple(_spec(spec) for spec in signature["inputs"]),
        outputs=tuple(_spec(spec) for spec in signature["outputs"]),
        shared=tuple(_shared(name, places) for name, places in signature.get("dimensions", {}).items()),
    )


def _shared(name: str, places: list[tuple[object, int]]) -> SharedDimension:
    return SharedDimension(name, tuple((str(owner), int(axis)) for owner, axis in places))


def _loading(loading: Json | None) -> Loading | None:
    if loading is None:
        return None
    return Loading(
        _file_name(loading["graph"]),
        str(loading["host"]),
        str(loading["reason"]),
        dict(loading["figures"]),
        loading.get("pack_later") is True,
    )


def _loading_json(loading: Loading) -> Json:
    found = loading._asdict()
    if not found["pack_later"]:  # as in manifests of older releases
        del found["pack_later"]
    return found


def _spec(spec: Json) -> TensorSpec:
    return TensorSpec(str(spec["name"]), datatype(spec["datatype"]), tuple(int(size) for size in spec["shape"]))


def _file(file: Json) -> ArtifactFile:
    return ArtifactFile(_file_name(file["name"]), str(file["sha256"]), int(file["size"]))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"stream must be true or false, got {value!r}")
    return value


def _file_name(value: object) -> str:
    name = str(value)
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise ValueError(f"file name {name!r} leaves the version's folder")
    return name


def _content(signature: Signature, files: tuple[ArtifactFile, ...], image: ImageInput | None) -> Json:
    return {
        "signature": _signature_json(signature),
        "files": [file._asdict() for file in sorted(files)],
        "image": None if image is None else image._asdict(),
    }


def _choice(loading: Loading | None) -> Json | None:
    """The part of `loading` that belongs to the content."""
    return None if loading is None else {"graph": loading.graph, "host": loading.host}


def _graph_json(graph: Graph) -> Json:
    loading = None if graph.loading is None else _loading_json(graph.loading)
    return {"name": graph.name, "signature": _signature_json(graph.signature), "loading": loading}


def _signature_json(signature: Signature) -> Json:
    return {
        "inputs": [_spec_json(spec) for spec in signature.inputs],
        "outputs": [_spec_json(spec) for spec in signature.outputs],
        **(
            {"dimensions": {name: list(map(list, places)) for name, places in signature.shared}}
            if signature.shared
            else {}
        ),
    }


def _spec_json(spec: TensorSpec) -> Json:
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(spec.shape)}
