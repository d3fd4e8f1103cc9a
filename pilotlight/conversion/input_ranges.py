"""The values that inputs take, for the manifest. A function names them where the graph refuses an input.

A range is exact where the input indexes a table of the graph, such as an embedding. Else it is that of the held-out
samples, for inputs of whole numbers alone: ids, counts and sizes. Of numbers with a fraction it would say nothing.
"""

from __future__ import annotations

import numpy as np

from pilotlight.conversion.graph import read_graph
from pilotlight.conversion.table_sizes import find_table_sizes
from pilotlight.core.artifacts import Array, Candidate, NamedArrays
from pilotlight_runtime.manifest import MODEL_NAME, Json


def find_input_ranges(candidate: Candidate, samples: NamedArrays) -> dict[str, Json]:
    """Return the range of each input that has one.

    Args:
        candidate: The verified candidate.
        samples: The held-out samples by input name; empty where there are none.

    Returns:
        By input: "least" and "most", whole numbers, and "exact".
    """
    sizes = {} if candidate.parts else find_table_sizes(read_graph(candidate.folder / MODEL_NAME))
    found: dict[str, Json] = {}
    for spec in candidate.signature.inputs:
        if spec.name in sizes:
            size = sizes[spec.name]
            found[spec.name] = {"least": -size, "most": size - 1, "exact": True}
        elif spec.name in samples and _has_range(samples[spec.name]):
            array = samples[spec.name]
            found[spec.name] = {"least": int(np.min(array)), "most": int(np.max(array)), "exact": False}
    return found


def _has_range(array: Array) -> bool:
    return array.dtype.kind in "iu" and array.size > 0
