"""Builds ONNX nodes inside a graph of tf2onnx.

A rewriter of this package reads one TensorFlow node, makes ONNX nodes that compute the same, and puts their result in
its place. A Builder does the first and the last; tensors are names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.failures import split_node_name
from pilotlight.conversion.tensorflow.preprocessing.tables import Trace
from pilotlight.core.errors import ConversionError

ML: Final = "ai.onnx.ml"
CONTRIB: Final = "com.microsoft"
"""The domain of the operators that ONNX Runtime adds."""
HINT: Final = (
    "Compute it before the model, in app.py, from a vocabulary kept as an asset: see docs/add-a-model.md, "
    "'Text and categories'."
)


class Builder:
    """The graph around one TensorFlow node.

    Attributes:
        graph: The graph of tf2onnx.
        node: The TensorFlow node.
        trace: What is known of the traced model.
    """

    def __init__(self, graph: Any, node: Any, trace: Trace) -> None:
        """Start at a node.

        Args:
            graph: The graph of tf2onnx.
            node: The TensorFlow node.
            trace: What is known of the model.
        """
        self.graph = graph
        self.node = node
        self.trace = trace

    def at(self, node: Any) -> Builder:
        """Return a builder for another node of the graph."""
        return Builder(self.graph, node, self.trace)

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return the name of the output."""
        return self.add_many(kind, inputs, 1, domain=domain, **attributes)[0]

    def add_many(
        self, kind: str, inputs: Sequence[str], count: int, *, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add a node with `count` outputs, and return their names."""
        made = self.graph.make_node(
            kind, list(inputs), attr=attributes, output_count=count, domain=domain, infer_shape_dtype=False
        )
        return list(made.output)

    def fold(self, state: str, columns: str, rank: int, step: Callable[[Builder, str, str], str]) -> str:
        """Fold the columns of an array of strings into a state.

        This is a Loop and no Scan: ONNX Runtime gives the body of a Scan its last state as the place for the next one,
        and StringConcat then appends to what is there.

        Args:
            state: Strings; the first state.
            columns: Strings. The last axis is folded; the others are those of the state.
            rank: The number of axes of the state.
            step: Makes the next state of a state and one column, with a builder of the loop's body.

        Returns:
            The last state.
        """
        body = self.graph.create_new_graph_with_same_config()
        body.parent_graph = self.graph
        index, goes_on, last = (_make_name(part) for part in ("index", "goes_on", "state"))
        body.add_graph_input(index, TensorProto.INT64, [])
        body.add_graph_input(goes_on, TensorProto.BOOL, [])
        body.add_graph_input(last, TensorProto.STRING, [-1] * rank)
        inner = Builder(body, self.node, self.trace)
        body.add_graph_output(inner.add("Identity", goes_on), TensorProto.BOOL, [])
        column = inner.add("Gather", columns, index, axis=rank)
        body.add_graph_output(step(inner, last, column), TensorProto.STRING, [-1] * rank)
        count = self.add("Squeeze", self.size(columns, rank))
        made = self.graph.make_node(
            "Loop",
            [count, self.scalar(1, np.bool_), state],
            branches={"body": body},
            infer_shape_dtype=False,
        )
        return str(made.output[0])

    def ints(self, *values: int) -> str:
        """Return a constant of INT64 with one axis."""
        return self.constant(np.array(values, np.int64))

    def scalar(self, value: Any, dtype: Any = np.int64) -> str:
        """Return a constant without an axis."""
        return self.constant(np.array(value, dtype))

    def words(self, *values: str) -> str:
        """Return a constant of strings with one axis."""
        return self.constant(np.array([value.encode() for value in values], object))

    def cast(self, name: str, datatype: int) -> str:
        """Return a tensor with another datatype of ONNX."""
        return self.add("Cast", name, to=datatype)

    def size(self, name: str, axis: int) -> str:
        """Return the size of one axis, as INT64 with one axis."""
        return self.add("Shape", name, start=axis, end=axis + 1)

    def slice(self, name: str, start: str, end: str, axis: int = 0) -> str:
        """Return a part of a tensor along one axis. `start` and `end` have one axis."""
        return self.add("Slice", name, start, end, self.ints(axis))

    def flatten(self, name: str) -> str:
        """Return a tensor with one axis."""
        return self.add("Reshape", name, self.ints(-1))

    def reshape(self, name: str, shape: str) -> str:
        """Return a tensor in another shape, which may hold zeros."""
        return self.add("Reshape", name, shape, allowzero=1)

    def apply_to_rows(self, name: str, kind: str, *, domain: str, **attributes: Any) -> str:
        """Apply an operator that fails without elements to strings with one axis. A blank row is added and removed."""
        padded = self.add("Concat", name, self.words(""), axis=0)
        answer = self.add(kind, padded, domain=domain, **attributes)
        if domain:  # whose datatype ONNX's shape inference cannot know, and LabelEncoder's ends the process without
            answer = self.cast(answer, TensorProto.STRING)
        return self.slice(answer, self.ints(0), self.ints(-1))

    def read_constant(self, name: str) -> Any:
        """Return the value of a constant, or None where the tensor is computed."""
        node = self.graph.get_node_by_output(name)
        while node is not None and node.type == "Identity":
            name = node.input[0]
            node = self.graph.get_node_by_output(name)
        if name in self.trace.tensors:
            return self.trace.tensors[name]
        return node.get_tensor_value(as_list=False) if node is not None and node.is_const() else None

    def rank(self, name: str) -> int:
        """Return the number of axes of a tensor.

        Raises:
            ConversionError: It is unknown.
        """
        found = self.graph.get_rank(name)
        if found is None:
            self.refuse("reads a tensor whose number of axes is unknown")
        return int(found)

    def refuse(self, what: str, hint: str = HINT) -> NoReturn:
        """Raise the error for this node."""
        kind = self.node.type
        layer, _ = split_node_name(self.node.name, kind, self.trace.layers)
        where = f"{self.trace.where}, layer {layer!r}" if layer else self.trace.where
        raise ConversionError(where, f"{what} ({kind})", hint)

    def answer(self, *results: str) -> None:
        """Put tensors in the place of the outputs of the node."""
        outputs = list(self.node.output)
        shapes = [self.graph.get_shape(name) for name in outputs]
        dtypes = [self.graph.get_dtype(name) for name in outputs]
        self.graph.remove_node(self.node.name)
        for result, output, shape, dtype in zip(results, outputs, shapes, dtypes, strict=True):
            self.graph.make_node("Identity", [result], outputs=[output], shapes=[shape], dtypes=[dtype])

    def constant(self, value: Any) -> str:
        """Return a constant."""
        return str(self.graph.make_const(_make_name("const"), value).output[0])


def _make_name(part: str) -> str:
    from tf2onnx.utils import make_name

    return str(make_name(f"prep_{part}"))
