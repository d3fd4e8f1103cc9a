"""Finds the operations of preprocessing layers in a traced model, and replaces each by ONNX operators.

tf2onnx maps strings and tables to operators of an extension that functions don't have. So this rewriter runs before
its mapping. It works on operations and not on layers: so a layer may stand anywhere in a model, and a SavedModel, which
has no layers, converts too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

import onnx

from pilotlight.conversion.tensorflow.preprocessing.assertions import find_asserted, guard_ids
from pilotlight.conversion.tensorflow.preprocessing.builder import CONTRIB, Builder
from pilotlight.conversion.tensorflow.preprocessing.case import rewrite_case
from pilotlight.conversion.tensorflow.preprocessing.characters import rewrite_characters
from pilotlight.conversion.tensorflow.preprocessing.compare import rewrite_as_string, rewrite_equal, rewrite_string_join
from pilotlight.conversion.tensorflow.preprocessing.counts import rewrite_dense_counts, rewrite_ragged_counts
from pilotlight.conversion.tensorflow.preprocessing.lookup import rewrite_lookup
from pilotlight.conversion.tensorflow.preprocessing.modulo import rewrite_floor_mod
from pilotlight.conversion.tensorflow.preprocessing.ngrams import rewrite_ngrams
from pilotlight.conversion.tensorflow.preprocessing.one_hot import rewrite_one_hot
from pilotlight.conversion.tensorflow.preprocessing.ragged import rewrite_ragged
from pilotlight.conversion.tensorflow.preprocessing.refusals import REFUSED, refuse_operation
from pilotlight.conversion.tensorflow.preprocessing.replace import rewrite_replace
from pilotlight.conversion.tensorflow.preprocessing.split import rewrite_split
from pilotlight.conversion.tensorflow.preprocessing.tables import LOOKUP, STRING, iterate_operations, read_trace
from pilotlight.core.errors import ConversionError

_MOST_OF_CONVERTER: Final = 18
"""The newest operator set that tf2onnx writes."""
_STRINGS: Final = 20
"""The operator set that joins and compares strings."""
_CHANGED: Final = ("DFT", "GridSample")
"""Operators that mean something else in the operator set for strings. No other does."""


class _Rule(NamedTuple):
    rewrite: Callable[[Builder], None]
    opset: int


_RULES: Final[Mapping[str, _Rule]] = {
    LOOKUP: _Rule(rewrite_lookup, 0),
    "UnicodeDecode": _Rule(rewrite_characters, _STRINGS),
    "StringLower": _Rule(rewrite_case, _STRINGS),
    "StringUpper": _Rule(rewrite_case, _STRINGS),
    "StaticRegexReplace": _Rule(rewrite_replace, _STRINGS),
    "StringSplitV2": _Rule(rewrite_split, _STRINGS),
    "StringNGrams": _Rule(rewrite_ngrams, _STRINGS),
    "StringJoin": _Rule(rewrite_string_join, _STRINGS),
    "AsString": _Rule(rewrite_as_string, _STRINGS),
    "Equal": _Rule(rewrite_equal, 0),
    "NotEqual": _Rule(rewrite_equal, 0),
    "RaggedTensorToTensor": _Rule(rewrite_ragged, _MOST_OF_CONVERTER),
    "DenseBincount": _Rule(rewrite_dense_counts, _MOST_OF_CONVERTER),
    "RaggedBincount": _Rule(rewrite_ragged_counts, _MOST_OF_CONVERTER),
    "OneHot": _Rule(rewrite_one_hot, 0),
    "FloorMod": _Rule(rewrite_floor_mod, 0),
    **{kind: _Rule(refuse_operation, 0) for kind in REFUSED},
}
"""In the order in which they are applied: what is refused comes last, when the others have taken what they can."""


class PreprocessingRewriter:
    """Replaces the preprocessing of one traced model.

    Attributes:
        opset: The operator set that tf2onnx must write for it, at least the configured one.
        shapes: Shapes of tensors that tf2onnx cannot infer.
    """

    def __init__(self, traced: Any, opset: int, where: str, layers: Collection[str]) -> None:
        """Read a traced model.

        Args:
            traced: TensorFlow's concrete function.
            opset: The configured operator set.
            where: The name of the model in an error.
            layers: The names of its layers.
        """
        self._trace = read_trace(traced, where, layers)
        self._needed = max(_read_opset(*each) for each in iterate_operations(traced))
        self._asserted = find_asserted(traced, self._trace.tensors)
        self.shapes = dict(self._trace.shapes)
        self._error: Exception | None = None
        self.opset = max(opset, min(self._needed, _MOST_OF_CONVERTER))

    def __call__(self, graph: Any, _nodes: Any) -> Any:
        """Rewrite a graph of tf2onnx, which calls this before it maps operations. It swallows errors, so they are kept.

        Returns:
            The nodes of the graph.
        """
        try:
            self._rewrite(graph)
        except Exception as error:
            self._error = self._error or error
            raise
        return graph.get_nodes()

    def finish(self, model: onnx.ModelProto) -> int:
        """Raise the error that the rewriting had, or name the operator sets that a model uses.

        Returns:
            The version of ONNX's default operator set in the model.

        Raises:
            ConversionError: The preprocessing cannot be converted.
            Exception: tf2onnx raised it for a node.
        """
        if self._error is not None:
            raise self._error
        if self._needed > _MOST_OF_CONVERTER:
            self._raise_opset(model)
        if any(node.domain == CONTRIB for node in model.graph.node):
            model.opset_import.append(onnx.helper.make_opsetid(CONTRIB, 1))
        return max(self.opset, self._needed)

    def _rewrite(self, graph: Any) -> None:
        graph.delete_unused_nodes(graph.outputs)
        for node in list(graph.get_nodes()):
            # Where a function was part of another, TensorFlow puts the name of the outer one before.
            if any(node.name == name or node.name.endswith(f"/{name}") for name in self._asserted):
                guard_ids(Builder(graph, node, self._trace))
        for kind, rule in _RULES.items():
            self._apply(graph, kind, rule.rewrite)

    def _apply(self, graph: Any, kind: str, rewrite: Callable[[Builder], None]) -> None:
        for node in [node for node in graph.get_nodes() if node.type == kind and not node.skip_conversion]:
            if graph.get_node_by_name(node.name) is node:  # another rewriting may have removed it
                rewrite(Builder(graph, node, self._trace))

    def _raise_opset(self, model: onnx.ModelProto) -> None:
        changed = sorted({node.op_type for node in model.graph.node if node.op_type in _CHANGED})
        if changed:
            what = (
                f"needs ONNX opset {self._needed} for its strings, in which {', '.join(changed)} means something else"
            )
            raise ConversionError(self._trace.where, what, "Split it: give the strings to a model of their own.")
        for entry in model.opset_import:
            if entry.domain == "":
                entry.version = max(entry.version, self._needed)
        model.ir_version = max(model.ir_version, onnx.IR_VERSION_2023_5_5)


def _read_opset(kind: str, datatype: int) -> int:
    """Return the operator set that an operation needs."""
    if kind in ("Equal", "NotEqual"):
        return _STRINGS if datatype == STRING else 0
    return _RULES[kind].opset if kind in _RULES else 0
