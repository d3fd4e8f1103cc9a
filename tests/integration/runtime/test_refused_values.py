"""What callers are told of a value or a size that the graph refuses: the same in every protocol, and never status 500.

The manifest tells the range of an input, and whether the gate has seen the graph answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper
from support.handler_calls import INFER, PREDICT, Called, tensor
from support.onnx_models import package
from support.ort_models import graph

from pilotlight.conversion.graph import extract_signature

FLOAT, INTEGER, SMALL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32
EXACT = {"ids": {"least": -10, "most": 9, "exact": True}}
SEEN = {"ids": {"least": 0, "most": 7, "exact": False}}
WORDS = np.arange(40, dtype=np.float32).reshape(10, 4)


def embedding(kind: int = INTEGER) -> ModelProto:
    """The place of the largest value of each column of the chosen rows. ArgMax takes no empty row of ids."""
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["rows"]),
        helper.make_node("ArgMax", ["rows"], ["y"], axis=1, keepdims=0),
    ]
    return graph(nodes, [("ids", kind, ["n", "s"])], [("y", INTEGER, ["n", 4])], {"words": WORDS})


def traced() -> ModelProto:
    """An export that fixed the sizes of its example: it answers four ids, and neither one zero nor one one."""
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["rows"]),
        helper.make_node("Reshape", ["rows", "shape"], ["y"]),
    ]
    weights = {"words": WORDS, "shape": np.array([1, 16])}
    return graph(nodes, [("ids", INTEGER, ["n", "s"])], [("y", FLOAT, [1, 16])], weights)


def opened(folder: Path, model: ModelProto, **options: Any) -> Called:
    package(folder, model.SerializeToString(), extract_signature(model, "model"), **options)
    return Called(folder)


def ids(*values: int, shape: tuple[int, int] | None = None, datatype: str = "INT64") -> dict[str, Any]:
    return tensor("ids", *values, shape=shape or (1, len(values)), datatype=datatype)


def as_json(called: Called, *values: int, shape: tuple[int, int] | None = None) -> tuple[int, str]:
    answer = called.post(INFER, {"inputs": [ids(*values, shape=shape)]})
    return answer.status, answer.head.get("error", "")


def as_binary(called: Called, *values: int) -> tuple[int, str]:
    raw = np.array(values, "<i8").tobytes()
    described = {"name": "ids", "datatype": "INT64", "shape": [1, len(values)]}
    head = json.dumps({"inputs": [{**described, "parameters": {"binary_data_size": len(raw)}}]}).encode()
    answer = called.http("POST", INFER, head + raw, {"Inference-Header-Content-Length": str(len(head))})
    return answer.status, answer.head.get("error", "")


def as_rows(called: Called, *values: int) -> tuple[int, str]:
    answer = called.post(PREDICT, {"instances": [list(values)]})
    return answer.status, answer.head.get("error", "")


def as_columns(called: Called, *values: int) -> tuple[int, str]:
    answer = called.post(PREDICT, {"inputs": {"ids": [list(values)]}})
    return answer.status, answer.head.get("error", "")


def as_event(called: Called, *values: int) -> tuple[int, str]:
    answer = called.handler({"inputs": [ids(*values)]}, None)
    return answer.get("status", 200), answer.get("error", "")


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        (as_json, "input 'ids': data[1]"),
        (as_binary, "input 'ids': data[1]"),
        (as_rows, "instances[0][1]"),
        (as_columns, "inputs['ids'][0][1]"),
        (as_event, "input 'ids': data[1]"),
    ],
)
def test_an_id_outside_the_vocabulary(ask: Any, place: str, tmp_path: Path) -> None:
    called = opened(tmp_path, embedding(), ranges=EXACT)
    assert ask(called, 3, 9) == (200, "")
    status, message = ask(called, 3, 1205, -11)
    assert status == 400
    assert message.endswith(f"; {place} is 1205, the model takes -10 to 9; the inputs are 'ids' [1, 3]")
    assert message.startswith("the model refuses this input in its operator Gather: ")
    assert "1205" not in called.log.getvalue()
    assert "ERROR" not in called.log.getvalue()


@pytest.mark.parametrize("ask", [as_json, as_rows, as_columns, as_event])
def test_a_sequence_of_length_0(ask: Any, tmp_path: Path) -> None:
    status, message = ask(opened(tmp_path, embedding(), ranges=EXACT))
    assert (status, message) == (
        400,
        "the model refuses this input in its operator ArgMax; the inputs are 'ids' [1, 0]",
    )


def test_the_range_of_the_samples_is_named_as_such(tmp_path: Path) -> None:
    called = opened(tmp_path, embedding(), ranges=SEEN)
    _, message = as_json(called, 12)
    assert "input 'ids': data[0] is 12, it was verified with 0 to 7" in message
    assert as_json(called, 9) == (200, "")  # outside of what was seen, and the graph answers


@pytest.mark.parametrize(
    "known",
    [
        None,
        {},
        {"other": EXACT["ids"]},
        {"ids": None},
        {"ids": {"least": "a", "most": 3}},
        {"ids": {"most": 3}},
        {"ids": {"least": True, "most": 3}},
    ],
)
def test_without_a_range_the_rest_is_told(known: Any, tmp_path: Path) -> None:
    _, message = as_json(opened(tmp_path, embedding(), ranges=known), 12)
    assert message.endswith("[-10,9]; the inputs are 'ids' [1, 1]")


def test_other_datatypes_of_whole_numbers(tmp_path: Path) -> None:
    called = opened(tmp_path, embedding(SMALL), ranges=EXACT)
    refused = called.post(INFER, {"inputs": [ids(2, -77, datatype="INT32")]})
    assert "input 'ids': data[1] is -77, the model takes -10 to 9" in refused.head["error"]


def test_many_inputs_are_not_all_listed(tmp_path: Path) -> None:
    names = [f"i{index}" for index in range(9)]
    node = helper.make_node("Concat", names, ["y"], axis=0)
    model = graph([node], [(name, FLOAT, [f"{name}a", f"{name}b"]) for name in names], [("y", FLOAT, ["n", "m"])])
    inputs = [tensor(name, 1, 2, shape=(1, 2) if name == "i0" else (2, 1)) for name in names]
    refused = opened(tmp_path, model).post(INFER, {"inputs": inputs})
    assert refused.status == 400
    assert refused.head["error"].endswith("the inputs are 'i0' [1, 2], 'i1' [2, 1], 'i2' [2, 1], 'i3' [2, 1], ...")


@pytest.mark.parametrize(("samples", "expected"), [(0, 500), (3, 400)])
def test_sizes_that_disagree_in_a_graph_that_refuses_the_zeros_of_the_start(
    samples: int, expected: int, tmp_path: Path
) -> None:
    """The gate has seen it answer, or nobody has: then it may be broken."""
    called = opened(tmp_path, traced(), samples=samples)
    status, message = as_json(called, 1, 2)
    assert status == expected
    assert ("Reshape" in message) == (expected == 400)
    assert as_json(called, 1, 2, 3, 4) == (200, "")
    status, message = as_json(called, 1, 2)
    assert status == 400
    assert message.endswith("requested shape:{1,16}; the inputs are 'ids' [1, 2]")
