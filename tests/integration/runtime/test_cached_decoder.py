"""The step over a cache, on a graph whose answers can be told by hand: scores are sums of all tokens of a row."""

import struct
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from support.onnx_models import add_model, save

from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.generation import CachedDecoder, Search, generate

OFFSETS = Tensor(FP32, (2,), memoryview(struct.pack("<2f", 100, 200)))


def summing_decoder() -> bytes:
    """Gives the tokens that are 1 and 2 higher, with the sum of the row, plus and minus, behind its source's offset."""
    whole, real = TensorProto.INT64, TensorProto.FLOAT
    nodes = [
        helper.make_node("Gather", ["cache", "parent"], ["past"], axis=0),
        helper.make_node("Cast", ["token"], ["number"], to=real),
        helper.make_node("Unsqueeze", ["number", "axes"], ["last"]),
        helper.make_node("Concat", ["past", "last"], ["next_cache"], axis=2),
        helper.make_node("ReduceSum", ["next_cache", "axes"], ["sum"], keepdims=0),
        helper.make_node("Gather", ["offset", "source"], ["behind"], axis=0),
        helper.make_node("Add", ["behind", "sum"], ["more"]),
        helper.make_node("Sub", ["behind", "sum"], ["less"]),
        helper.make_node("Add", ["token", "one"], ["next"]),
        helper.make_node("Add", ["token", "two"], ["second"]),
        *(
            helper.make_node("Unsqueeze", [name, "axis"], [f"{name}_"])
            for name in ("more", "less", "next", "second")
        ),
        helper.make_node("Concat", ["next_", "second_"], ["tokens"], axis=1),
        helper.make_node("Concat", ["more_", "less_"], ["scores"], axis=1),
    ]  # fmt: skip
    constants = [
        helper.make_tensor(name, whole, [len(values)], values)
        for name, values in (("axes", [1, 2]), ("axis", [1]), ("one", [1]), ("two", [2]))
    ]
    inputs = [helper.make_tensor_value_info(name, whole, ["m"]) for name in ("token", "parent", "source")]
    inputs += [helper.make_tensor_value_info("cache", real, ["n", 1, "t"])]
    inputs += [helper.make_tensor_value_info("offset", real, ["s"])]
    outputs = [
        helper.make_tensor_value_info("tokens", whole, ["m", 2]),
        helper.make_tensor_value_info("scores", real, ["m", 2]),
        helper.make_tensor_value_info("next_cache", real, ["m", 1, "u"]),
    ]
    graph = helper.make_graph(nodes, "sums", inputs, outputs, constants)
    content: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return content


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> OrtSession:
    return open_session(save(summing_decoder(), tmp_path_factory.mktemp("sums") / "model.onnx"), 1)


def test_rows_go_on_from_their_parents_and_some_drop_out(session: OrtSession) -> None:
    step = CachedDecoder(session, {"offset": OFFSETS})
    assert step([1, 5], [0, 1], [0, 1]) == [[(2, 101.0), (3, 99.0)], [(6, 205.0), (7, 195.0)]]
    assert step([2, 3, 7], [0, 0, 1], [0, 0, 1]) == [
        [(3, 103.0), (4, 97.0)],
        [(4, 104.0), (5, 96.0)],
        [(8, 212.0), (9, 188.0)],
    ]
    assert step([9, 4], [2, 0], [1, 0]) == [[(10, 221.0), (11, 179.0)], [(5, 107.0), (6, 93.0)]]


def test_two_batches_share_no_cache(session: OrtSession) -> None:
    search = Search(begin=1, end=4, longest=9)
    first, again = (generate(CachedDecoder(session, {"offset": OFFSETS}), 2, search) for _ in range(2))
    assert first == again
    assert [(each.tokens, each.complete) for each in first] == [((2, 3), True), ((2, 3), True)]


def test_a_graph_without_a_cache_is_no_decoder(tmp_path: Path) -> None:
    session = open_session(save(add_model(), tmp_path / "model.onnx"), 1)
    with pytest.raises(TypeError, match="needs an input called cache"):
        CachedDecoder(session, {})([1], [0], [0])
