"""Any ONNX file becomes a candidate: copied with its external data, opened by the engine that will serve it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pilotlight.conversion.external import check_location, locations
from pilotlight.conversion.graph import read_graph, signature_of
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession


def import_onnx(source: Path, into: Path, open_graph: OpenSession = open_session) -> Candidate:
    """Copies the ONNX file `source` to `into`/model.onnx, and its external data to the names that the graph gives.

    ConversionError where the file is no ONNX, names a file outside its folder, has inputs or outputs that are not
    tensors, or cannot be opened by `open_graph`.
    """
    model = read_graph(source)
    signature = signature_of(model, str(source))
    beside = [(name, check_location(name, source.parent, str(source))) for name in locations(model)]
    into.mkdir(parents=True, exist_ok=True)
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
