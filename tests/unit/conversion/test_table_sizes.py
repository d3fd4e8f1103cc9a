"""The tables that inputs index directly."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import NodeProto, TensorProto, helper
from support.ort_models import graph

from pilotlight.conversion.table_sizes import find_table_sizes

FLOAT, INTEGER = TensorProto.FLOAT, TensorProto.INT64


def node(operator: str, inputs: list[str], output: str, **attributes: object) -> NodeProto:
    return helper.make_node(operator, inputs, [output], **attributes)


def sizes(*nodes: NodeProto, kind: int = INTEGER) -> dict[str, int]:
    weights = {"words": np.zeros((10, 4), np.float32), "few": np.zeros((7, 2), np.float32), "one": np.array([1])}
    return find_table_sizes(
        graph(nodes, [("ids", kind, ["n", "s"]), ("other", INTEGER, ["n"])], [("y", FLOAT, None)], weights)
    )


def test_the_rows_of_an_embedding() -> None:
    assert sizes(node("Gather", ["words", "ids"], "y")) == {"ids": 10}
    assert sizes(node("Gather", ["words", "ids"], "y"), kind=TensorProto.INT32) == {"ids": 10}


@pytest.mark.parametrize(("axis", "size"), [(0, 10), (1, 4), (-1, 4), (-2, 10)])
def test_the_axis_of_the_gather(axis: int, size: int) -> None:
    assert sizes(node("Gather", ["words", "ids"], "y", axis=axis)) == {"ids": size}


def test_the_smallest_of_several_tables() -> None:
    assert sizes(node("Gather", ["words", "ids"], "a"), node("Gather", ["few", "ids"], "y")) == {"ids": 7}


def test_operators_that_keep_the_values() -> None:
    nodes = [
        node("Cast", ["ids"], "a", to=TensorProto.INT32),
        node("Unsqueeze", ["a", "one"], "b"),
        node("Identity", ["b"], "c"),
        node("Transpose", ["c"], "d"),
        node("Gather", ["words", "d"], "y"),
    ]
    assert sizes(*nodes) == {"ids": 10}


def test_a_table_in_a_constant_node() -> None:
    table = helper.make_tensor("t", FLOAT, [3, 1], [1, 2, 3])
    assert sizes(node("Constant", [], "table", value=table), node("Gather", ["table", "ids"], "y")) == {"ids": 3}


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Add", ["ids", "one"], "a"), node("Gather", ["words", "a"], "y")],
        [node("Cast", ["ids"], "a", to=FLOAT), node("Gather", ["words", "a"], "y")],
        [node("Gather", ["ids", "other"], "y")],
        [node("GatherElements", ["words", "ids"], "y")],
        [node("Gather", ["words", "ids"], "y", axis=5)],
        [helper.make_node("Gather", ["words", "ids"], ["y"], domain="other")],
        [node("Identity", ["ids"], "y")],
    ],
)
def test_inputs_that_index_no_table_directly(nodes: list[NodeProto]) -> None:
    assert sizes(*nodes) == {}
