import json
from typing import Any

import pytest
from support.manifests import manifest_of

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.manifest import ArtifactFile, Graph, ImageInput, Loading, Manifest, needed_files
from pilotlight_runtime.manifest_json import content_version, dump_manifest, load_manifest, version_of

IMAGE = ImageInput("x", 4, 2, 3, 0.5, -1.0, "NCHW")
FILES = (ArtifactFile("model.onnx", "ab" * 32, 7), ArtifactFile("data/weights.bin", "cd" * 32, 9))
PLAIN = manifest_of([("x", "FP32", (-1, 2))], [("y", "BYTES", ())])
FULL = PLAIN._replace(files=FILES, image=IMAGE, metrics={"accuracy": 0.9}, parity={"samples": 3}, provenance={"a": []})


def edited(**fields: Any) -> bytes:
    document = json.loads(dump_manifest(FULL))
    for name, value in fields.items():
        if value is None:
            del document[name]
        else:
            document[name] = value
    return json.dumps(document).encode()


def test_both_ways() -> None:
    raw = dump_manifest(FULL)
    assert raw.endswith(b"}\n")
    assert json.loads(raw)["platform"] == "onnx_onnxv1"
    assert load_manifest(raw) == FULL._replace(files=tuple(sorted(FILES)))
    assert load_manifest(dump_manifest(PLAIN)) == PLAIN


def test_a_version_is_named_by_its_content_alone() -> None:
    def version(manifest: Manifest) -> str:
        return content_version(manifest.signature, manifest.files, manifest.image)

    assert len(version(FULL)) == 12
    assert version(FULL) == version(FULL._replace(metrics={}, files=FILES[::-1], model="other"))
    others = [
        FULL._replace(image=None),
        FULL._replace(files=FILES[:1]),
        FULL._replace(signature=PLAIN.signature._replace(outputs=())),
    ]
    assert len({version(FULL), *map(version, others)}) == 4


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "manifest.json is not JSON"),
        (b"\xff\xfe\xff", "manifest.json is not JSON"),
        (b"[]", "manifest.json has schema 'list'; this runtime reads schema 1"),
        (edited(schema=2), "manifest.json has schema 2"),
        (edited(files=None), "manifest.json lacks the field 'files'"),
        (edited(files=3), "manifest.json is malformed"),
        (edited(image={"input": "x"}), "manifest.json is malformed"),
        (edited(signature=[]), "manifest.json is malformed"),
        (
            edited(signature={"inputs": [{"name": "x", "datatype": "FP8", "shape": []}], "outputs": []}),
            "'FP8' is unknown",
        ),
        (edited(files=[{"name": "../x", "sha256": "", "size": 1}]), "file name '../x' leaves the version's folder"),
        (edited(files=[{"name": "/x", "sha256": "", "size": 1}]), "leaves the version's folder"),
        (edited(files=[{"name": "a\\b", "sha256": "", "size": 1}]), "leaves the version's folder"),
        (edited(metrics=3), "manifest.json is malformed"),
    ],
)
def test_a_damaged_manifest_says_where(raw: bytes, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_manifest(raw)
    assert message in str(caught.value)


LOADING = Loading("optimized.onnx", "onnxruntime 1.32.0, x86_64 avx2", "large", {"plain": {"open_ms": 2.5}})


def test_loading_is_read_back_and_its_figures_do_not_name_the_version() -> None:
    base = FULL
    content = (base.signature, base.files, base.image)
    named = base._replace(loading=LOADING, version=content_version(*content, LOADING))
    assert load_manifest(dump_manifest(named)) == named._replace(files=tuple(sorted(FILES)))
    assert named.version != base.version
    assert content_version(*content, LOADING._replace(figures={}, reason="")) == named.version
    assert content_version(*content, LOADING._replace(host="elsewhere")) != named.version


def test_packing_later_is_read_back_and_does_not_name_the_version() -> None:
    later = FULL._replace(loading=LOADING._replace(pack_later=True))
    at_once = FULL._replace(loading=LOADING)
    assert version_of(later) == version_of(at_once)
    assert load_manifest(dump_manifest(later)).loading == later.loading
    assert load_manifest(dump_manifest(at_once)).loading == at_once.loading
    assert b"pack_later" not in dump_manifest(at_once)
    several = SEVERAL._replace(graphs=(ENCODER._replace(loading=later.loading),))
    assert load_manifest(dump_manifest(several)).graphs == several.graphs
    assert b"pack_later" not in dump_manifest(SEVERAL)


def test_a_manifest_without_loading_says_nothing_of_it() -> None:
    assert b"loading" not in dump_manifest(FULL)
    assert load_manifest(dump_manifest(FULL)).loading is None


def test_streaming_names_the_version_and_is_written_where_it_is_on() -> None:
    assert b"stream" not in dump_manifest(FULL)
    assert not load_manifest(dump_manifest(FULL)).stream
    streams = FULL._replace(stream=True)
    assert load_manifest(dump_manifest(streams)).stream
    assert version_of(streams) != version_of(FULL)
    with pytest.raises(ManifestError, match="stream must be true or false, got 'yes'"):
        load_manifest(edited(stream="yes"))


def test_loading_cannot_name_a_file_outside() -> None:
    raw = dump_manifest(FULL._replace(loading=LOADING._replace(graph="../model.onnx")))
    with pytest.raises(ManifestError, match="leaves the version's folder"):
        load_manifest(raw)


def test_versions_of_one_graph_are_called_what_they_always_were() -> None:
    assert version_of(FULL) == "d2b60229d14c"
    assert version_of(FULL._replace(loading=LOADING)) == "21b06c8bb82e"


ENCODER = Graph("encoder", FULL.signature, LOADING)
SEVERAL = FULL._replace(graphs=(ENCODER, ENCODER._replace(name="decoder", loading=None)), assets=("words.json",))


def test_graphs_and_assets_are_read_back() -> None:
    assert load_manifest(dump_manifest(SEVERAL)) == SEVERAL._replace(files=tuple(sorted(FILES)))
    assert needed_files(FULL) == ("model.onnx",)
    assert needed_files(SEVERAL) == ("encoder/model.onnx", "decoder/model.onnx", "words.json")
    assert not {"graphs", "assets"} & json.loads(dump_manifest(FULL)).keys()


def test_graphs_and_assets_name_the_version() -> None:
    others = [
        FULL,
        SEVERAL._replace(assets=()),
        SEVERAL._replace(graphs=SEVERAL.graphs[:1]),
        SEVERAL._replace(graphs=SEVERAL.graphs[::-1]),
        SEVERAL._replace(graphs=(ENCODER._replace(signature=PLAIN.signature._replace(inputs=())), SEVERAL.graphs[1])),
        SEVERAL._replace(graphs=(ENCODER._replace(loading=LOADING._replace(host="elsewhere")), SEVERAL.graphs[1])),
    ]
    assert len({version_of(SEVERAL), *map(version_of, others)}) == 7
    measured = SEVERAL._replace(graphs=(ENCODER._replace(loading=LOADING._replace(figures={})), SEVERAL.graphs[1]))
    assert version_of(measured) == version_of(SEVERAL)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"assets": ["../x"]}, "leaves the version's folder"),
        ({"graphs": [{"name": "/x", "signature": {"inputs": [], "outputs": []}, "loading": None}]}, "leaves the vers"),
        ({"graphs": [{"name": "x"}]}, "lacks the field 'signature'"),
        ({"graphs": 3}, "is malformed"),
    ],
)
def test_damaged_graphs_and_assets_say_where(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        load_manifest(edited(**fields))
