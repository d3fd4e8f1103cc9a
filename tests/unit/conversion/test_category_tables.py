"""The categories that a graph takes, read from the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.ort_models import graph

from pilotlight.conversion.category_tables import Categories, find_categories

FLOAT, INTEGER, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
WEIGHTS = {"table": np.eye(2, dtype=np.float32), "flat": np.array([-1]), "second": np.array([1])}


def encoder(source: str, keys: dict[str, Any], name: str = "row", default: int = 2) -> onnx.NodeProto:
    return helper.make_node(
        "LabelEncoder",
        [source],
        [name],
        domain="ai.onnx.ml",
        values_int64s=list(range(len(next(iter(keys.values()))))),
        default_int64=default,
        **keys,
    )


WORDS = {"keys_strings": ["f", "m"]}
LOOK_UP = [helper.make_node("Reshape", ["row", "flat"], ["rows"]), helper.make_node("Gather", ["table", "rows"], ["y"])]
COLUMN = helper.make_node("Gather", ["x", "second"], ["column"], axis=1)
WHERE = helper.make_node("Where", ["blank", "flat", "row"], ["found"])


@pytest.mark.parametrize(
    ("kind", "nodes", "expected"),
    [
        (TEXT, [encoder("x", WORDS), *LOOK_UP], Categories(None, ("f", "m"))),
        (TEXT, [COLUMN, encoder("column", WORDS), *LOOK_UP], Categories(1, ("f", "m"))),
        (
            INTEGER,
            [helper.make_node("Cast", ["x"], ["c"], to=INTEGER), encoder("c", {"keys_int64s": [1, 3]}), *LOOK_UP],
            Categories(None, (1, 3)),
        ),
        (
            FLOAT,
            [
                helper.make_node("IsNaN", ["x"], ["blank"]),
                encoder("x", {"keys_floats": [0.5]}),
                WHERE,
                helper.make_node("Gather", ["table", "found"], ["y"]),
            ],
            Categories(None, (0.5,), blank=True),
        ),
        (
            TEXT,
            [helper.make_node("StringNormalizer", ["x"], ["n"]), encoder("n", WORDS), *LOOK_UP],
            Categories(None, None),
        ),
    ],
    ids=["words", "one column", "whole numbers", "floats with a blank", "changed words"],
)
def test_categories_of_an_encoder_that_forbids_others(kind: int, nodes: list[Any], expected: Categories) -> None:
    assert find_categories(graph(nodes, [("x", kind, ["n", 2])], [("y", FLOAT, ["n", 2])], WEIGHTS)) == {
        "x": [expected]
    }


@pytest.mark.parametrize("default", [-1, 0, 1])
def test_an_encoder_with_a_row_for_unknown_categories_takes_any(default: int) -> None:
    nodes = [encoder("x", WORDS, default=default), *LOOK_UP]
    assert find_categories(graph(nodes, [("x", TEXT, ["n"])], [("y", FLOAT, ["n", 2])], WEIGHTS)) == {}


def test_a_value_that_two_inputs_make_belongs_to_neither() -> None:
    nodes = [
        helper.make_node("Add", ["x", "z"], ["sum"]),
        helper.make_node("Add", ["sum", "x"], ["more"]),
        encoder("more", {"keys_int64s": [1, 3]}),
        *LOOK_UP,
    ]
    model = graph(nodes, [("x", INTEGER, ["n"]), ("z", INTEGER, ["n"])], [("y", FLOAT, ["n", 2])], WEIGHTS)
    assert find_categories(model) == {}
