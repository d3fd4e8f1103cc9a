"""Trains inside a container of AWS Batch, on one node or several. The result is stored in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotlight.core.errors import StoreError
from pilotlight.core.json_file import parse_json_object
from pilotlight.core.run_files import RESULT_NAME, run_key
from pilotlight.store import Blobs
from pilotlight.training.nodes import node_of
from pilotlight.workflows.context import Context
from pilotlight.workflows.preconditions import check_run_name
from pilotlight.workflows.train import fit_on_node, train
from pilotlight.workflows.types import TrainRequest, TrainResult


def train_in_container(request: TrainRequest, context: Context) -> TrainResult | Mapping[str, Any] | None:
    """Run one training as the only process of a job.

    Args:
        request: The model and its options.
        context: The project, its store, and where to report.

    Returns:
        The published version; the stored result of a run that has finished before; None on a node that is not the job's
        main node.

    Raises:
        UserError: As `train` raises it.
    """
    progress = context.progress
    progress.note(f"{request.name}: the store is {context.store.location}")
    context.project.require_folder(request.name)
    node = node_of(context.environ)
    if request.run:
        finished = _read_result(context.store.open_prefix(run_key(check_run_name(request.run))))
        if finished is not None:  # AWS may have reclaimed the instance right after
            progress.note(f"run {request.run} has finished before, so nothing is fitted again")
            return finished
    if node is not None and not node.is_main:
        fit_on_node(request, context, node)
        progress.note(f"node {node.index} has finished its part; node {node.main} continues")
        return None
    return train(request, context, node=node)


def _read_result(files: Blobs) -> Mapping[str, Any] | None:
    """Return the stored result of a run; None where it has not finished."""
    raw = files.get_bytes(RESULT_NAME)
    try:
        return None if raw is None else parse_json_object(raw)
    except ValueError as error:
        where, hint = f"{files.location}/{RESULT_NAME}", "Look at it, delete it, and run the command again."
        raise StoreError(where, f"is damaged ({error})", hint) from error
