"""Bounds the memory of tf2onnx: it copies the graph with its weights before each of its optimisations.

A copy refers to itself, so only the garbage collector frees it. The collector seldom looks at all objects where many
live long, and TensorFlow has a million: without this module 50 copies of the weights are alive at once. What remains is
TensorFlow's own: 20 copies.
"""

from __future__ import annotations

import copy
import gc
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

MANY: Final = 8_000_000
"""Weights from which a collection, of some 50 ms, is worth its time."""


@contextmanager
def ignore_older_objects() -> Iterator[None]:
    """Have the collector look only at objects that are made inside the block, so that a collection is quick."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def count_weights(model: Any) -> int:
    """Return how many numbers the variables of a model hold; 0 for an object without a list of them."""
    return sum(math.prod(variable.shape) for variable in getattr(model, "variables", None) or ())


def free_copies(graph: Any, ops: list[Any]) -> list[Any]:
    """Have the copies of `graph` freed: a rewriter of tf2onnx that changes nothing in the graph itself.

    Args:
        graph: The graph, a tf2onnx.graph.Graph.
        ops: Its nodes.

    Returns:
        The same nodes.
    """
    kind = type(graph)

    class CollectedGraph(kind):  # type: ignore[misc, valid-type]
        """A graph that has earlier copies freed before it is copied."""

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            gc.collect()
            made = type(self).__new__(type(self))
            memo[id(self)] = made
            made.__dict__.update(copy.deepcopy(self.__dict__, memo))
            return made

    graph.__class__ = CollectedGraph
    return ops
