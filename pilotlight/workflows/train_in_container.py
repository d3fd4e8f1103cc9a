"""Trains inside a container of AWS Batch, on one node or several. The result is stored in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotlight.batch.record_files import read_record
from pilotlight.core.run_files import RESULT_NAME, run_key
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
        stored = read_record(context.store.open_prefix(run_key(check_run_name(request.run))), RESULT_NAME)
        if stored is not None:  # AWS may have reclaimed the instance right after
            progress.note(f"run {request.run} has finished before, so nothing is fitted again")
            return stored
    if node is not None and not node.is_main:
        fit_on_node(request, context, node)
        progress.note(f"node {node.index} has finished its part; node {node.main} continues")
        return None
    return train(request, context, node=node)
