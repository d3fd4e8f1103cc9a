"""The values that inputs take, for the manifest. A function names them where the graph refuses an input.

A range is exact where the input indexes a table of the graph, such as an embedding. Else it is that of the held-out
samples, for inputs of whole numbers only: ids, counts and sizes. Of numbers with a fraction it would say nothing.
An input whose unknown categories the graph refuses has these categories instead of a range.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import numpy as np

from pilotlight.conversion.category_tables import Categories, find_categories
from pilotlight.conversion.graph import read_graph
from pilotlight.conversion.table_sizes import find_table_sizes
from pilotlight.core.artifacts import Array, Candidate, NamedArrays
from pilotlight_runtime.manifest import MODEL_NAME, Json

_MOST_BYTES: Final = 2048
"""Of all categories in the manifest, which each cold start reads."""


def find_input_ranges(candidate: Candidate, samples: NamedArrays) -> dict[str, Json]:
    """Return the range of each input that has one.

    Args:
        candidate: The verified candidate.
        samples: The held-out samples by input name; empty where there are none.

    Returns:
        By input: "least" and "most", whole numbers, and "exact"; or "categories", a list of objects: "column", a number
        or null for the whole input, "values", null where they are unknown or too many, and "blank" where NaN is one.
    """
    graph = None if candidate.parts else read_graph(candidate.folder / MODEL_NAME)
    sizes = find_table_sizes(graph) if graph else {}
    categories = _describe_categories(find_categories(graph)) if graph else {}
    found: dict[str, Json] = {}
    for spec in candidate.signature.inputs:
        if spec.name in categories:
            found[spec.name] = {"categories": categories[spec.name]}
        elif spec.name in sizes:
            size = sizes[spec.name]
            found[spec.name] = {"least": -size, "most": size - 1, "exact": True}
        elif spec.name in samples and _has_range(samples[spec.name]):
            array = samples[spec.name]
            found[spec.name] = {"least": int(np.min(array)), "most": int(np.max(array)), "exact": False}
    return found


def _describe_categories(found: Mapping[str, list[Categories]]) -> dict[str, list[Json]]:
    """Write the categories for the manifest. The longest lists lack their values where all together are too long."""
    described: dict[str, list[Json]] = {name: [] for name in found}
    left = _MOST_BYTES
    ordered = sorted(((name, each) for name, listed in found.items() for each in listed), key=_count_bytes)
    for name, each in ordered:
        left -= _count_bytes((name, each))
        values = list(each.values) if each.values is not None and left >= 0 else None
        described[name].append({"column": each.column, "values": values, **({"blank": True} if each.blank else {})})
    return described


def _count_bytes(named: tuple[str, Categories]) -> int:
    return len(json.dumps(named[1].values))


def _has_range(array: Array) -> bool:
    return array.dtype.kind in "iu" and array.size > 0
