"""A symbol that occurs twice among a graph's inputs is one size: callers who send two get status 400."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from onnx import ModelProto, helper
from support.handler_calls import INFER, Answered, Called, tensor
from support.onnx_models import package, spec
from support.ort_models import Shape, graph

from pilotlight.conversion.graph import extract_signature
from pilotlight_runtime.manifest_json import dump_manifest, load_manifest, version_of
from pilotlight_runtime.signature import SharedDimension, Signature


def pair(first: Shape, second: Shape) -> ModelProto:
    """Its output is the first input, so ONNX Runtime itself never compares the two."""
    nodes = [
        helper.make_node("ReduceSum", ["b"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["a", "nothing"], ["y"]),
    ]
    zero = helper.make_node("Constant", [], ["zero"], value_float=0.0)
    return graph([zero, *nodes], [("a", 1, first), ("b", 1, second)], [("y", 1, first)])


def opened(model: ModelProto, folder: Path) -> Called:
    package(folder, model.SerializeToString(), extract_signature(model, "model"))
    return Called(folder)


def ask(called: Called, a: tuple[int, ...], b: tuple[int, ...]) -> Answered:
    def zeros(name: str, shape: tuple[int, ...]) -> dict[str, object]:
        count = 1
        for size in shape:
            count *= size
        return tensor(name, *[0.0] * count, shape=shape)

    return called.post(INFER, {"inputs": [zeros("b", b), zeros("a", a)]})


def test_unequal_sizes_are_refused(tmp_path: Path) -> None:
    called = opened(pair(["batch", 2], ["batch", "length"]), tmp_path)
    assert ask(called, (3, 2), (3, 7)).status == 200
    for _ in range(4):
        refused = ask(called, (3, 2), (4, 7))
        assert refused.status == 400
        assert refused.head["error"] == "inputs 'a' and 'b' must have the same size in dimension 'batch': 3 and 4"
    assert ask(called, (4, 2), (4, 1)).status == 200
    assert {line["level"] for line in called.lines if "level" in line} == {"INFO"}


def test_one_input_with_the_same_symbol_twice(tmp_path: Path) -> None:
    called = opened(pair(["n", "n"], ["m"]), tmp_path)
    assert ask(called, (3, 3), (2,)).status == 200
    assert ask(called, (3, 2), (2,)).head["error"] == "input 'a' must have the same size in dimension 'n': 3 and 2"


def test_other_symbols_are_free(tmp_path: Path) -> None:
    called = opened(pair(["unk__12", 2], ["unk__13", None]), tmp_path)
    assert ask(called, (3, 2), (4, 7)).status == 200


@pytest.mark.parametrize("name", ["None", "?", "-1"])
def test_a_name_of_every_unknown_size_is_no_symbol(name: str) -> None:
    model = graph([helper.make_node("Identity", ["x"], ["y"])], [("x", 1, (name, name))], [("y", 1, (name, name))])
    assert extract_signature(model, "x").shared == ()


def test_only_what_occurs_twice_is_kept(tmp_path: Path) -> None:
    once = extract_signature(pair(["batch", "x"], ["other", None]), "model")
    assert once == Signature((spec("a", "FP32", (-1, -1)), spec("b", "FP32", (-1, -1))), once.outputs)
    twice = extract_signature(pair(["n", "m"], ["m", "n"]), "model")
    assert twice.shared == (
        SharedDimension("m", (("a", 1), ("b", 0))),
        SharedDimension("n", (("a", 0), ("b", 1))),
    )
    assert twice[:2] == once[:2]
    manifest = package(tmp_path, b"graph", once)
    assert b"dimensions" not in dump_manifest(manifest)


def test_the_manifest_keeps_them_and_names_them(tmp_path: Path) -> None:
    shared = extract_signature(pair(["batch", 2], ["batch", 3]), "model")
    manifest = package(tmp_path, b"graph", shared)
    document = json.loads(dump_manifest(manifest))
    assert document["signature"]["dimensions"] == {"batch": [["a", 0], ["b", 0]]}
    loaded = load_manifest(dump_manifest(manifest))
    assert loaded == manifest
    assert version_of(loaded) == manifest.version
    del document["signature"]["dimensions"]  # as an older version
    older = load_manifest(json.dumps(document).encode())
    assert older.signature == Signature(shared.inputs, shared.outputs)
    assert version_of(older) == package(tmp_path, b"graph", older.signature).version != manifest.version


@pytest.mark.parametrize("broken", [{"batch": 1}, {"batch": [["a"]]}, [], {"batch": [["a", "x"]]}, 5], ids=str)
def test_malformed_dimensions_are_a_manifest_error(broken: object, tmp_path: Path) -> None:
    from pilotlight_runtime.errors import ManifestError

    manifest = package(tmp_path, b"graph", extract_signature(pair(["batch", 2], ["batch", 3]), "model"))
    document = json.loads(dump_manifest(manifest))
    document["signature"]["dimensions"] = broken
    with pytest.raises(ManifestError, match="malformed"):
        load_manifest(json.dumps(document).encode())
