"""Imports any ONNX file as a candidate: copies it with its external data, and opens it with the serving engine.

An operator that would end the process on some inputs gets a guard, see guards.py.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pilotlight.conversion.external_data import check_location, list_locations
from pilotlight.conversion.graph import extract_signature, read_graph
from pilotlight.conversion.guards import guard_operators
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession


def import_onnx(source: Path, into: Path, open_graph: OpenSession = open_session) -> Candidate:
    """Copy an ONNX file to model.onnx, and its external data to the names that the graph uses.

    Args:
        source: The ONNX file.
        into: The folder of the candidate. It is created where it does not exist.
        open_graph: Opens a graph, by default with ONNX Runtime.

    Returns:
        The candidate.

    Raises:
        ConversionError: The file is no ONNX model, names a file outside its folder, has inputs or outputs that are no
            tensors, has an operator that cannot be guarded, or cannot be opened.
    """
    model = read_graph(source)
    signature = extract_signature(model, str(source))
    beside = [(name, check_location(name, source.parent, str(source))) for name in list_locations(model)]
    into.mkdir(parents=True, exist_ok=True)
    if guard_operators(model, str(source)):
        (into / MODEL_NAME).write_bytes(model.SerializeToString(deterministic=True))
    else:
        shutil.copyfile(source, into / MODEL_NAME)
    for name, path in beside:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    try:
        open_graph(into / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        raise ConversionError(
            str(source), f"cannot be opened: {error}", "Check it with onnx.checker, or export it for a known opset."
        ) from error
    return Candidate(into, signature)
