"""Stores the matrices of an encoder's graph in blocks of 8 or 4 bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from pilotlight.core.errors import ConversionError
from pilotlight.language.decoders.blocks import BLOCK, pack_zeros, quantize_rows
from pilotlight.language.graph_nodes import MICROSOFT
from pilotlight_runtime.manifest import WEIGHTS_NAME

_ACCURACY: Final = 4
"""MatMulNBits rounds each block of its input to 8 bits too and multiplies whole numbers, which is the fastest."""
_LEAST_WEIGHTS: Final = 1024
"""Smaller matrices stay as they are."""


def quantize_blocks(path: Path, bits: int) -> None:
    """Change a graph so that its matrices, and the tables that rows are taken from, are stored in blocks.

    Args:
        path: The graph in floating point, which is replaced. Weights beside it are removed.
        bits: 8 or 4.

    Raises:
        ConversionError: There is nothing to quantize.
    """
    model = onnx.load(str(path), format="protobuf")
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = [name for node in graph.node for name in node.input]
    made: list[onnx.TensorProto] = []
    replaced: set[str] = set()
    for index, node in enumerate(graph.node):
        matrix = find_matrix(node, tensors)
        if matrix is None or uses.count(matrix.name) != 1:
            continue
        table = node.op_type == "Gather"
        rows = numpy_helper.to_array(matrix)
        rows = np.ascontiguousarray(rows if table else rows.T)
        if rows.shape[1] % BLOCK:
            continue
        blocks = quantize_rows(rows, bits)
        values = blocks.values if table else blocks.values.reshape(len(rows), -1, bits * BLOCK // 8)
        parts: dict[str, NDArray[Any]] = {"blocks": values, "scales": blocks.scales}
        if blocks.zeros is not None:
            parts["zeros"] = pack_zeros(blocks.zeros, bits)
        made += [numpy_helper.from_array(array, f"{matrix.name}.{part}") for part, array in parts.items()]
        names = [f"{matrix.name}.{part}" for part in parts]
        graph.node[index].CopyFrom(make_block_node(node, names, rows.shape, bits, table=table))
        replaced.add(matrix.name)
    if not replaced:
        what = f"has no matrices whose rows divide into blocks of {BLOCK}"
        raise ConversionError("the graph", what, 'Set mode = "none" or "dynamic" in [quantization] of model.toml.')
    kept = [tensor for tensor in graph.initializer if tensor.name not in replaced]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *made])
    if not any(entry.domain == MICROSOFT for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    path.write_bytes(model.SerializeToString(deterministic=True))
    path.with_name(WEIGHTS_NAME).unlink(missing_ok=True)


def find_matrix(node: onnx.NodeProto, tensors: dict[str, onnx.TensorProto]) -> onnx.TensorProto | None:
    """Return the matrix that a node multiplies with or takes rows from; None where it does neither."""
    place = {"MatMul": 1, "Gather": 0}.get(node.op_type)
    if place is None or any(attribute.name == "axis" and attribute.i for attribute in node.attribute):
        return None
    tensor = tensors.get(node.input[place])
    if tensor is None or tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) != 2:
        return None
    return tensor if tensor.dims[0] * tensor.dims[1] >= _LEAST_WEIGHTS else None


def make_block_node(
    node: onnx.NodeProto, names: list[str], shape: tuple[int, ...], bits: int, *, table: bool
) -> onnx.NodeProto:
    """Return the node that takes the place of a product with a matrix, or of a choice of its rows.

    Args:
        node: The node.
        names: The names of the blocks, their scales, and their zeros where they have some.
        shape: The rows and columns of the matrix.
        bits: The bits of a weight.
        table: Whether rows are chosen.
    """
    layout: dict[str, Any] = {"bits": bits, "block_size": BLOCK, "domain": MICROSOFT, "name": node.name}
    if table:
        values, *rest = names
        inputs = [values, node.input[1], *rest]
        return helper.make_node("GatherBlockQuantized", inputs, node.output, gather_axis=0, quantize_axis=1, **layout)
    inputs = [node.input[0], *names]
    rows, columns = shape
    return helper.make_node("MatMulNBits", inputs, node.output, K=columns, N=rows, accuracy_level=_ACCURACY, **layout)
