"""Complex numbers as pairs of real tensors. ONNX has complex types, but ONNX Runtime computes with none of them.

The operations between the first complex value and the last are replaced by operations on the two parts, before tf2onnx
converts them. fourier.py adds the transforms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import onnx
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import OLDEST_OPSET, NoForm
from pilotlight.conversion.tensorflow.ops.fourier import TRANSFORMS

Pair: TypeAlias = "tuple[str, str]"
"""The names of the real and the imaginary part."""
_REAL: Final = {TensorProto.COMPLEX64: TensorProto.FLOAT, TensorProto.COMPLEX128: TensorProto.DOUBLE}
_OF_EACH_PART: Final = frozenset(
    (
        *("Identity", "StopGradient", "ZerosLike", "Neg", "Add", "AddV2", "AddN", "Sub", "Sum", "Mean", "SelectV2"),
        *("Reshape", "Transpose", "ExpandDims", "Squeeze", "BroadcastTo", "Tile", "Pad", "ReverseV2", "Roll"),
        *("StridedSlice", "Slice", "GatherV2", "GatherNd", "Pack", "Unpack", "ConcatV2", "Split", "SplitV"),
    )
)
"""Operations that do the same to both parts."""
_READ_SIZES: Final = frozenset(("FFT", "RFFT"))
"""tf2onnx converts them where only ComplexAbs reads them, and such a graph stays as it is."""
_LARGEST_RANK: Final = 2
"""Up to which it does."""


def rewrite_complex_numbers(graph: Any, nodes: list[Any]) -> list[Any]:
    """Replace the complex values of a graph of tf2onnx. What cannot be replaced stays, and is refused later.

    Args:
        graph: The graph.
        nodes: Its nodes.

    Returns:
        The nodes of the graph.
    """
    if graph.opset < OLDEST_OPSET or not any(_makes_pair(graph, node) for node in nodes):
        return nodes
    graph.topological_sort(list(nodes))
    parts = _Parts(graph)
    for node in list(graph.get_nodes()):
        if _is_complex(graph, node.output) or any(name in parts.pairs for name in node.input):
            try:
                parts.replace(node)
            except NoForm as error:
                if onnx.defs.has(node.type):
                    node.type = f"{node.type} ({error})"  # no operation that tf2onnx knows, so it is refused
                break
    return list(graph.get_nodes())


def _is_complex(graph: Any, names: Any) -> bool:
    return any(graph.get_dtype(name) in _REAL for name in names)


def _makes_pair(graph: Any, node: Any) -> bool:
    if not _is_complex(graph, node.output):
        return False
    readers = {reader.type for name in node.output for reader in graph.find_output_consumers(name)}
    left = node.type in _READ_SIZES and readers == {"ComplexAbs"}
    return not left or (graph.get_rank(node.input[0]) or 0) > _LARGEST_RANK


class _Parts:
    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.pairs: dict[str, Pair] = {}

    def replace(self, node: Any) -> None:
        if node.is_const():
            self._set(node, *self._split_constant(node))
        elif node.type in TRANSFORMS:
            self._transform(node)
        elif node.type in _OF_EACH_PART:
            self._do_to_each_part(node)
        elif node.type in _FORMS:
            self._set(node, *_FORMS[node.type](self, node))
        elif node.type in _TO_REAL:
            self._finish(node, _TO_REAL[node.type](self, node))
        elif node.type == "Cast" and not _is_complex(self.graph, node.output):
            self._finish(node, self.make("Cast", [self.pair(node, 0)[0]], to=self.graph.get_dtype(node.output[0])))
        elif node.type == "Shape":
            self.graph.replace_input(node, node.input[0], self.pair(node, 0)[0], 0)
        else:
            raise NoForm("of complex numbers")

    def pair(self, node: Any, position: int) -> Pair:
        """Return the parts of an input. A real one has no imaginary part."""
        name = node.input[position]
        return self.pairs[name] if name in self.pairs else (name, self.make("ZerosLike", [name]))

    def make(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a TensorFlow operation on real values, which tf2onnx converts, and return its result."""
        datatype = attributes.get("to") or self.graph.get_dtype(inputs[0])
        made = self.graph.make_node(kind, inputs, attr=attributes, skip_conversion=False, infer_shape_dtype=False)
        self.graph.set_dtype(made.output[0], datatype)
        shapes = [self.graph.get_shape(name) for name in inputs]
        if None not in shapes:
            self.graph.set_shape(made.output[0], _broadcast(shapes))
        return str(made.output[0])

    def _set(self, node: Any, real: str, imaginary: str) -> None:
        self.pairs[node.output[0]] = (real, imaginary)

    def _finish(self, node: Any, result: str) -> None:
        self.graph.replace_all_inputs(node.output[0], result)
        self.graph.outputs[:] = [result if name == node.output[0] else name for name in self.graph.outputs]

    def _split_constant(self, node: Any) -> Pair:
        from tf2onnx import utils

        value = np.asarray(node.get_tensor_value(as_list=False))
        return tuple(
            str(self.graph.make_const(utils.make_name(node.name), np.ascontiguousarray(part)).output[0])
            for part in (value.real, value.imag)
        )  # type: ignore[return-value]

    def _do_to_each_part(self, node: Any) -> None:
        made = []
        for part in (0, 1):
            inputs = [self.pairs[name][part] if name in self.pairs else name for name in node.input]
            copy = self.graph.make_node(
                node.type,
                inputs,
                attr=dict(node.attr),
                output_count=len(node.output),
                skip_conversion=False,
                shapes=node.output_shapes,
                dtypes=[_REAL[kind] for kind in node.output_dtypes],
            )
            made.append(copy.output)
        for name, real, imaginary in zip(node.output, *made, strict=True):
            self.pairs[name] = (real, imaginary)

    def _transform(self, node: Any) -> None:
        """Replace a Fourier transform. The result of an inverse one of half a spectrum is real."""
        result = TRANSFORMS[node.type](self.graph, node, self.pairs.get(node.input[0], (node.input[0], None)))
        if isinstance(result, str):
            self._finish(node, result)
        else:
            self._set(node, *result)


def _broadcast(shapes: list[list[int]]) -> list[int]:
    rank = max(len(shape) for shape in shapes)
    padded = [[1] * (rank - len(shape)) + list(shape) for shape in shapes]
    return [next((size for size in sizes if size != 1), 1) for sizes in zip(*padded, strict=True)]


def _multiply(parts: _Parts, node: Any) -> Pair:
    (a, b), (c, d) = parts.pair(node, 0), parts.pair(node, 1)
    real = parts.make("Sub", [parts.make("Mul", [a, c]), parts.make("Mul", [b, d])])
    return real, parts.make("AddV2", [parts.make("Mul", [a, d]), parts.make("Mul", [b, c])])


def _divide(parts: _Parts, node: Any) -> Pair:
    """(a + bi) / (c + di) = (ac + bd + (bc - ad) i) / (c² + d²)."""
    (a, b), (c, d) = parts.pair(node, 0), parts.pair(node, 1)
    size = parts.make("AddV2", [parts.make("Mul", [c, c]), parts.make("Mul", [d, d])])
    real = parts.make("AddV2", [parts.make("Mul", [a, c]), parts.make("Mul", [b, d])])
    imaginary = parts.make("Sub", [parts.make("Mul", [b, c]), parts.make("Mul", [a, d])])
    return parts.make("RealDiv", [real, size]), parts.make("RealDiv", [imaginary, size])


def _conjugate(parts: _Parts, node: Any) -> Pair:
    real, imaginary = parts.pair(node, 0)
    return real, parts.make("Neg", [imaginary])


def _from_real(parts: _Parts, node: Any) -> Pair:
    if node.input[0] in parts.pairs:
        return parts.pairs[node.input[0]]
    real = parts.make("Cast", [node.input[0]], to=_REAL[parts.graph.get_dtype(node.output[0])])
    return real, parts.make("ZerosLike", [real])


def _size(parts: _Parts, node: Any) -> str:
    real, imaginary = parts.pair(node, 0)
    total = parts.make("AddV2", [parts.make("Mul", [real, real]), parts.make("Mul", [imaginary, imaginary])])
    return parts.make("Sqrt", [total])


_FORMS: Final[dict[str, Callable[[_Parts, Any], Pair]]] = {
    "Complex": lambda _, node: (node.input[0], node.input[1]),
    "Cast": _from_real,
    "Conj": _conjugate,
    "Mul": _multiply,
    "RealDiv": _divide,
}
_TO_REAL: Final[dict[str, Callable[[_Parts, Any], str]]] = {
    "Real": lambda parts, node: parts.pair(node, 0)[0],
    "Imag": lambda parts, node: parts.pair(node, 0)[1],
    "ComplexAbs": _size,
    "Angle": lambda parts, node: parts.make("Atan2", list(reversed(parts.pair(node, 0)))),
}
