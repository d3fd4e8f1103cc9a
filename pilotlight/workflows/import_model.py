"""Import an ONNX file: from the file to a pinned version, and a function that serves it."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from pilotlight.conversion import adapter_for, add_labels, check_signature, import_onnx
from pilotlight.core.errors import ProjectError
from pilotlight.core.modelconfig import CONFIG_NAME, NONE, ModelConfig
from pilotlight.core.stages import Stages
from pilotlight.optimization import optimize
from pilotlight.scaffold import new_model
from pilotlight.store import hash_file
from pilotlight.training.train_module import TRAIN_NAME
from pilotlight.verification.golden import load_golden, verify_import
from pilotlight.verification.graphs import verify_graphs
from pilotlight.workflows.context import Context
from pilotlight.workflows.publish import Publication, publish
from pilotlight.workflows.types import Built, ImportRequest, TrainResult
from pilotlight_runtime.manifest import MODEL_NAME


def import_model(request: ImportRequest, context: Context) -> TrainResult:
    """Publish an ONNX file as a version of a model and pin it. TensorFlow is never imported.

    Args:
        request: The file, the model's name and its reference samples. Without samples nothing is compared, and the
            manifest says so.
        context: The project, its store, and where to report.

    Returns:
        The published version.

    Raises:
        ProjectError: model.toml asks for something that an import cannot do.
        ConversionError: ONNX Runtime cannot load the file.
        DataError: The samples do not fit the model.
        ParityError: The model answers differently, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be written.
    """
    project, open_session = context.project, context.open_session
    stages = Stages(context.progress)
    where = project.folder(request.name) / CONFIG_NAME
    config = project.config(request.name) if where.is_file() else ModelConfig(request.name, "onnx")
    _refuse_quantization(config, str(where))

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with stages.stage("import"):
            candidate = add_labels(import_onnx(request.source, folder / "imported", open_session), config.labels)
        with stages.stage("optimize"):
            candidate = optimize(candidate, folder / "optimized", open_session)
            check_signature(config, candidate.signature)
        with stages.stage("verify"):
            golden = None if request.golden is None else load_golden(request.golden, candidate.signature)
            graph = candidate.folder / MODEL_NAME
            predict = partial(adapter_for(graph).predict, graph, signature=candidate.signature)
            gate = partial(verify_import, candidate, golden, predict, config.parity)
            report = verify_graphs(candidate, gate, open_session)
        built = Built(candidate, report, {}, None, None if golden is None else golden.inputs)
        publication = Publication(config, facts={"source": request.source.name, **_golden_facts(request.golden)})
        return publish(built, adapter_for(graph), publication, context, stages)


def import_and_serve(request: ImportRequest, context: Context) -> TrainResult:
    """Import an ONNX file, and add the model's folder and function to the project where they are missing.

    Raises:
        UserError: As `import_model` does.
    """
    result = import_model(request, context)
    if request.name not in context.project.models():
        new_model(context.project, request.name, "onnx")
    return result


def _golden_facts(golden: Path | None) -> dict[str, object]:
    return {} if golden is None else {"data": {"source": golden.name, "fingerprint": hash_file(golden)}}


def _refuse_quantization(config: ModelConfig, where: str) -> None:
    if config.quantization.mode != NONE:
        hint = f"Quantise it before, or return its path from the train() of a {TRAIN_NAME}, whose load() gives samples."
        raise ProjectError(where, "has [quantization], and an imported file has no data to judge it by", hint)
