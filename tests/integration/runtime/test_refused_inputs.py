"""What only the graph can tell is the caller's mistake: status 400, and no error in the log.

ONNX Runtime reports such mistakes by three codes, depending on the operator; see engine/refusals.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper
from support.handler_calls import INFER, Answered, Called, tensor
from support.onnx_models import package
from support.ort_models import Value, graph

from pilotlight.conversion.graph import extract_signature
from pilotlight_runtime.datatypes import INT64
from pilotlight_runtime.finite import predict_finite
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

FLOAT, INTEGER, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
DATATYPES = {FLOAT: "FP32", INTEGER: "INT64", TEXT: "BYTES"}


class Case(NamedTuple):
    """A graph of one node. good, bad: data by input, with shapes. says: what the answer to `bad` says."""

    operator: str
    inputs: dict[str, tuple[int, int]]
    good: dict[str, Any]
    bad: dict[str, Any]
    says: str
    rank: int = 1
    attributes: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    kind: int = FLOAT
    weights: dict[str, Any] = {}  # noqa: RUF012  (never changed)


x = np.float32([1, 2, 3])
CASES = {
    "index out of range": Case("Gather", {"i": (INTEGER, 1)}, {"i": [2]}, {"i": [3]}, "idx=3", weights={"x": x}),
    "index far out of range": Case(
        "GatherElements", {"i": (INTEGER, 1)}, {"i": [0]}, {"i": [2**62]}, "GatherElements", weights={"x": x}
    ),
    "sizes that differ": Case(
        "Add", {"a": (FLOAT, 1), "b": (FLOAT, 1)}, {"a": [1, 2], "b": [3, 4]}, {"a": [1, 2], "b": [1, 2, 3]}, "2 by 3"
    ),
    "sizes that do not multiply": Case(
        "MatMul", {"a": (FLOAT, 1), "b": (FLOAT, 1)}, {"a": [1], "b": [3]}, {"a": [1], "b": [1, 2]}, "mismatch", rank=0
    ),
    "sizes that cannot be joined": Case(
        "Concat",
        {"a": (FLOAT, 2), "b": (FLOAT, 2)},
        {"a": [[1]], "b": [[2]]},
        {"a": [[1]], "b": [[1, 2]]},
        "Concat",
        rank=2,
        attributes={"axis": 0},
    ),
    "impossible shape": Case(
        "Reshape", {"s": (INTEGER, 1)}, {"s": [3]}, {"s": [2]}, "cannot be reshaped", weights={"x": x}
    ),
    "text that is no number": Case("Cast", {"t": (TEXT, 1)}, {"t": ["1.5"]}, {"t": ["canary"]}, "a text is no number"),
    "axis that is not there": Case(
        "Unsqueeze", {"a": (INTEGER, 1)}, {"a": [0]}, {"a": [9]}, "axis 9", rank=2, weights={"x": x}
    ),
    "division by zero": Case(
        "Div", {"a": (INTEGER, 1), "b": (INTEGER, 1)}, {"a": [4], "b": [2]}, {"a": [4], "b": [0]}, "zero", kind=INTEGER
    ),
    "step of zero": Case(
        "Range",
        {"s": (INTEGER, 0)},
        {"s": 1},
        {"s": 0},
        "zero",
        kind=INTEGER,
        weights={"x": np.int64(0), "n": np.int64(3)},
    ),
    "negative size": Case("ConstantOfShape", {"n": (INTEGER, 1)}, {"n": [1]}, {"n": [-3]}, "ConstantOfShape"),
    "size above all numbers": Case(
        "Expand", {"n": (INTEGER, 1)}, {"n": [3]}, {"n": [2**62]}, "Expand", weights={"x": np.float32([1])}
    ),
    "more than there is": Case("TopK", {"k": (INTEGER, 1)}, {"k": [2]}, {"k": [4]}, "TopK", weights={"x": x}),
}
ORDER = {"Range": ["x", "n", "s"]}


def network(case: Case) -> ModelProto:
    inputs: list[Value] = [
        (name, kind, [f"{name}{axis}" for axis in range(rank)]) for name, (kind, rank) in case.inputs.items()
    ]
    names = ORDER.get(case.operator, [*case.weights, *case.inputs])
    attributes = {"to": FLOAT} if case.operator == "Cast" else case.attributes
    outputs = ["y", "places"] if case.operator == "TopK" else ["y"]
    node = helper.make_node(case.operator, names, outputs, **attributes)
    return graph([node], inputs, [("y", case.kind, [f"y{axis}" for axis in range(case.rank)])], case.weights)


def opened(model: ModelProto, folder: Path, **options: Any) -> Called:
    package(folder, model.SerializeToString(), extract_signature(model, "model"))
    return Called(folder, **options)


def ask(called: Called, case: Case, data: dict[str, Any]) -> Answered:
    inputs = []
    for name, (kind, _) in case.inputs.items():
        array = np.array(data[name], dtype=object)
        inputs.append(tensor(name, *array.ravel().tolist(), shape=array.shape, datatype=DATATYPES[kind]))
    return called.post(INFER, {"inputs": inputs})


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_what_the_graph_refuses(case: Case, tmp_path: Path) -> None:
    called = opened(network(case), tmp_path)
    assert ask(called, case, case.good).status == 200
    refused = ask(called, case, case.bad)
    assert refused.status == 400
    message = refused.head["error"]
    assert message.startswith("the model refuses this input in its operator ")
    assert case.operator in message
    assert case.says in message
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 300
    assert "onnxruntime_src" not in message
    assert ask(called, case, case.good).status == 200
    assert {line["level"] for line in called.lines if line.get("status") == 400} == {"INFO"}
    assert "exception" not in called.log.getvalue().partition('"status"')[2]
    assert "canary" not in called.log.getvalue()


@pytest.mark.parametrize("name", ["text that is no number", "index out of range"])
def test_the_kernel_s_own_word_counts_at_once(name: str, tmp_path: Path) -> None:
    """The graph of the first case fails on the empty texts of the start, so it has never answered."""
    called = opened(network(CASES[name]), tmp_path)
    assert ask(called, CASES[name], CASES[name].bad).status == 400


def test_a_graph_that_has_never_answered_is_at_fault_itself(tmp_path: Path) -> None:
    nodes = [helper.make_node("Sub", ["x", "x"], ["zero"]), helper.make_node("Div", ["x", "zero"], ["y"])]
    called = opened(graph(nodes, [("x", INTEGER, ["n"])], [("y", INTEGER, ["n"])]), tmp_path)
    refused = called.post(INFER, {"inputs": [tensor("x", 1, shape=(1,), datatype="INT64")]})
    assert (refused.status, refused.head["error"]) == (500, "the model failed on this input")
    assert called.lines[-2]["level"] == "ERROR"


def test_memory_that_runs_out_is_no_mistake_of_the_caller(tmp_path: Path) -> None:
    case = CASES["negative size"]
    called = opened(network(case), tmp_path)
    assert ask(called, case, {"n": [2**59]}).status == 500
    line = called.lines[-2]
    assert (line["level"], line["exception_name"]) == ("ERROR", "InferenceFailed")
    assert "ConstantOfShape" in line["exception"]
    assert str(2**59) not in called.log.getvalue()


def pass_on(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return dict(zip(["y"], session.run(inputs, ["y"]), strict=True))


def make_own(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    index = inputs["i"].buffer
    return dict(zip(["y"], session.run({"i": Tensor(INT64, (1,), index)}, ["y"]), strict=True))


@pytest.mark.parametrize(("predict", "status"), [(pass_on, 400), (predict_finite, 400), (make_own, 500)])
def test_tensors_that_app_py_makes_are_not_the_caller_s(predict: Any, status: int, tmp_path: Path) -> None:
    case = CASES["index out of range"]
    called = opened(network(case), tmp_path, predict=predict)
    assert ask(called, case, case.good).status == 200
    refused = ask(called, case, case.bad)
    assert refused.status == status
    assert ("idx=3" in refused.head["error"]) == (status == 400)


def test_output_of_seventy_dimensions(tmp_path: Path) -> None:
    node = helper.make_node("Reshape", ["x", "shape"], ["y"])
    model = graph([node], [("x", FLOAT, [1])], [("y", FLOAT, [None] * 70)], {"shape": np.ones(70, np.int64)})
    called = opened(model, tmp_path)
    answer = called.post(INFER, {"inputs": [tensor("x", 1, shape=(1,))]})
    assert answer.status == 500
    assert answer.head["error"] == "an output of the model has 70 dimensions; an answer has at most 64"
