"""Imports any ONNX file as a candidate: copies it with its external data, and opens it with the serving engine.

An operator that would end the process on some inputs gets a guard, see guards.py. A model that is too new is converted
down, see lower_versions.py. ZipMap is undone, see zip_maps.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from pilotlight.conversion.external_data import check_location, check_ranges, list_locations
from pilotlight.conversion.graph import extract_signature, read_graph
from pilotlight.conversion.graph_checks import check_graph
from pilotlight.conversion.guards import guard_operators
from pilotlight.conversion.onnx.lower_versions import Lowered, lower_versions
from pilotlight.conversion.onnx.open_failures import cannot_open
from pilotlight.conversion.onnx.zip_maps import undo_zip_maps
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession


def import_onnx(
    source: Path,
    into: Path,
    open_graph: OpenSession = open_session,
    report: Callable[[str], object] = lambda _: None,
) -> Candidate:
    """Copy an ONNX file to model.onnx, and its external data to the names that the graph uses.

    The caller compares the candidate with the file: a model that was converted down may compute something else.

    Args:
        source: The ONNX file.
        into: The folder of the candidate. It is created where it does not exist.
        open_graph: Opens a graph, by default with ONNX Runtime.
        report: Is called with a note where the model was converted down.

    Returns:
        The candidate.

    Raises:
        ConversionError: The file is no ONNX model, names a file outside its folder, has inputs or outputs that are no
            tensors, has an operator that cannot be guarded, is too new, or cannot be opened.
    """
    where = str(source)
    model = read_graph(source)
    check_graph(model, where)
    changed = undo_zip_maps(model)
    signature = extract_signature(model, where)
    beside = {name: check_location(name, source.parent, where) for name in list_locations(model)}
    check_ranges(model, beside, where)
    into.mkdir(parents=True, exist_ok=True)
    _copy({MODEL_NAME: source} | beside, into, where)
    if guard_operators(model, where) or changed:
        (into / MODEL_NAME).write_bytes(model.SerializeToString(deterministic=True))
    try:
        open_graph(into / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        lowered = lower_versions(model, source, error, open_graph, into)
        if lowered is None:
            raise cannot_open(source, into / MODEL_NAME, error) from error
        return _keep_lowered(lowered, into, open_graph, source, report)
    return Candidate(into, signature)


def _keep_lowered(
    lowered: Lowered, into: Path, open_graph: OpenSession, source: Path, report: Callable[[str], object]
) -> Candidate:
    (into / MODEL_NAME).write_bytes(lowered.model.SerializeToString(deterministic=True))
    try:
        open_graph(into / MODEL_NAME, os.cpu_count() or 1)
    except SessionError as error:
        raise cannot_open(source, into / MODEL_NAME, error) from error
    report(lowered.note)
    return Candidate(into, extract_signature(lowered.model, str(source)))


def _copy(files: Mapping[str, Path], into: Path, where: str) -> None:
    """Copy files to these names below `into`. A sparse file may be larger than any disk."""
    size, free = sum(path.stat().st_size for path in files.values()), shutil.disk_usage(into).free
    if size > free:
        what = f"and its weights have {size:,} bytes, but {into.parent} has {free:,} bytes free"
        raise ConversionError(where, what, "Free space there, or set TMPDIR to another folder.")
    for name, path in files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
