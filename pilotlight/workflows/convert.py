"""Converts a saved model: from a file to a pinned version."""

from __future__ import annotations

from pilotlight.conversion import build_in_float32, find_adapter_for_file
from pilotlight.core.artifacts import FittedModel
from pilotlight.core.disk import temporary_folder
from pilotlight.core.stages import Stages
from pilotlight.training.data.s3 import local_folder
from pilotlight.training.fitting import load
from pilotlight.training.train_module import load_train_module
from pilotlight.workflows.build_candidate import build_candidate
from pilotlight.workflows.context import Context
from pilotlight.workflows.prepare_run import check_model, resolve_run
from pilotlight.workflows.publish import publish
from pilotlight.workflows.source_model import make_source_model
from pilotlight.workflows.types import ConvertRequest, Publication, TrainResult


def convert(request: ConvertRequest, context: Context) -> TrainResult:
    """Convert a saved model, verify it on the data that train.py loads, publish it and pin it.

    train.py is imported before the model is loaded, so that the layers that it registers are known.

    Args:
        request: The model, and the file or folder of the saved model.
        context: The project, its store, and where to report.

    Returns:
        The published version.

    Raises:
        UserError: As `train` raises it.
    """
    stages = Stages(context.progress)
    config = check_model(context, request.name)
    run = resolve_run(context, config, request.options)
    adapter = find_adapter_for_file(request.source)

    with stages.stage("load"):
        module = load_train_module(context.project.folder(request.name))  # it registers what the file may need
        with module.guard():
            model, note = build_in_float32(adapter.load(request.source))
    if note:
        context.progress.note(note)
    with local_folder(run) as local:
        data = load(module, run, local, config)

    with temporary_folder() as folder:
        source = make_source_model(context, config, FittedModel(model, data, {}, 0.0))
        built = build_candidate(source, config, stages, folder, context.open_session)
        facts = {
            "source": request.source.name,
            "data": {"source": data.source, "fingerprint": data.fingerprint},
        }
        return publish(built, adapter, Publication(config, facts=facts), context, stages)
