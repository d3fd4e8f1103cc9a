"""Builds an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET: Final = 18
IR_VERSION: Final = 9
MICROSOFT: Final = "com.microsoft"
"""The domain of ONNX Runtime's own operators. Source: docs/ContribOperators.md of ONNX Runtime."""


class GraphNodes:
    """The nodes and constants of a graph. Each node's outputs are declared FP32 unless it says otherwise.

    ONNX cannot infer the datatype behind an operator of ONNX Runtime, and its quantizer needs it.

    Args:
        prefix: The prefix of the names that are made, for nodes that are added to another graph.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []
        self._values: list[onnx.ValueInfoProto] = []

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        name = f"{self._prefix}constant_{len(self._tensors)}"
        self._tensors.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def whole(self, *numbers: int) -> str:
        """Add a constant of INT64 numbers, one-dimensional, and return its name."""
        return self.constant(np.array(numbers, np.int64))

    def node(self, operator: str, *inputs: str, kind: int = TensorProto.FLOAT, name: str = "", **settings: Any) -> str:
        """Add a node with one output.

        Args:
            operator: The operator; one of MICROSOFT begins with "com.microsoft.".
            *inputs: The names of its inputs; "" for one that is left out.
            kind: The ONNX datatype of the output.
            name: The name of the output; "" makes one.
            **settings: The attributes.

        Returns:
            The name of the output.
        """
        return self.nodes(
            operator, *inputs, outputs=(name or f"{self._prefix}value_{len(self._nodes)}",), kind=kind, **settings
        )[0]

    def nodes(
        self, operator: str, *inputs: str, outputs: Sequence[str], kind: int = TensorProto.FLOAT, **settings: Any
    ) -> Sequence[str]:
        """Add a node with outputs of these names, and return the names."""
        domain, _, plain = operator.rpartition(".")
        self._nodes.append(helper.make_node(plain, inputs, outputs, domain=domain, **settings))
        self._values += [helper.make_tensor_value_info(name, kind, None) for name in outputs]
        return outputs

    def own(self, operator: str, *inputs: str, **settings: Any) -> str:
        """Add a node with an operator of ONNX Runtime's and one output; see `node`."""
        return self.node(f"{MICROSOFT}.{operator}", *inputs, **settings)

    def list_nodes(self) -> list[onnx.NodeProto]:
        """Return the nodes in the order in which they were added."""
        return self._nodes

    def list_tensors(self) -> list[onnx.TensorProto]:
        """Return the constants."""
        return self._tensors

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto], name: str
    ) -> onnx.ModelProto:
        """Return the model.

        Args:
            inputs: The inputs of the graph.
            outputs: Its outputs, which nodes have made.
            name: The name of the graph.
        """
        ends = {value.name for value in outputs}
        inner = [value for value in self._values if value.name not in ends]
        graph = helper.make_graph(self._nodes, name, inputs, outputs, self._tensors, value_info=inner)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION, producer_name="pilotlight")
