"""Imports a language model: from the files that somebody has to a pinned version, and a function that serves it."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from pilotlight.conversion import find_adapter
from pilotlight.core.artifacts import Candidate
from pilotlight.core.block_config import BLOCKS
from pilotlight.core.disk import temporary_folder
from pilotlight.core.documents import parse_object
from pilotlight.core.errors import ParityError, ProjectError, ServiceError
from pilotlight.core.files import write_atomically
from pilotlight.core.model_config import CONFIG_NAME, DYNAMIC, NONE, ModelConfig
from pilotlight.core.project import Project
from pilotlight.core.project_lock import lock_project
from pilotlight.core.stages import Stages
from pilotlight.language.candidate import LANGUAGE_NAME, LanguageCandidate
from pilotlight.language.decoders.candidate import build_decoder_candidate
from pilotlight.language.decoders.parts import DecoderRequest
from pilotlight.language.encoders.candidate import EncoderRequest, build_encoder_candidate
from pilotlight.language.memory import estimate_memory
from pilotlight.language.model_toml import write_model_toml
from pilotlight.language.sources import LanguageSource, find_source
from pilotlight.language.tasks import GENERATE
from pilotlight.optimization import optimize
from pilotlight.packaging import APP_NAME
from pilotlight.quantization import quantize
from pilotlight.scaffold import Addition, FunctionNeeds, plan_import
from pilotlight.store import hash_file
from pilotlight.workflows.context import Context
from pilotlight.workflows.packaged_function import start_candidate
from pilotlight.workflows.publish import publish, require_parity
from pilotlight.workflows.smoke_test import has_app
from pilotlight.workflows.types import BuiltCandidate, ImportRequest, Publication, TrainResult
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.manifest import MODEL_NAME, Json
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.tensor import Tensor

_SAMPLE: Final = b"The weather is fine today."
"""What the function is asked before its model is published."""


def import_language_model(request: ImportRequest, context: Context) -> TrainResult:
    """Import a language model. Add its folder and its function to the project where they are missing.

    Where an earlier call was killed, this one finishes its work.

    Args:
        request: The file or folder, the name of the model, and held-out text for the gate.
        context: The project, its store, and where to report.

    Returns:
        The published version.

    Raises:
        ProjectError: The name is impossible or taken, template.yaml has no place for the function, model.toml asks for
            something that an import cannot do, or an optional package is missing; nothing is published.
        ConversionError: The files are damaged, or of a kind that Pilotlight cannot import.
        DataError: The file of held-out text cannot be read.
        ParityError: The gate rejected the model, or its function cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be written.
    """
    project, name, progress = context.project, request.name, context.progress
    _check_request(request)
    with lock_project(project.root, progress.note):
        source = find_source(request.source)
        progress.note(source.describe())
        plan_import(project, name, FunctionNeeds(source.task))
        result, found = _import(request, source, context)
        # Planned again: a person may have edited template.yaml meanwhile.
        addition = _plan(project, source, result, found, context)
        addition.write()
    if addition.note:
        progress.note(addition.note)
    return result


def _check_request(request: ImportRequest) -> None:
    if request.golden is not None:
        what = "is a language model, which has no use for --golden"
        raise ProjectError(str(request.source), what, "Give the gate a text with --text, or leave it out.")


def _import(request: ImportRequest, source: LanguageSource, context: Context) -> tuple[TrainResult, LanguageCandidate]:
    """Publish the model. Return the version, and what was found."""
    config = _read_config(request.name, source, context)
    stages = Stages(context.progress)
    with temporary_folder() as folder:
        with stages.stage("import"):
            made = _build(request, source, config, folder / "version", context)
        require_parity(request.name, made.report, quantized=made.quantization is not None)
        with stages.stage("start"):
            _check_serving(context.project, config, made, source.task)
        facts = {"source": request.source.name, "data": _describe_files(source), **made.facts}
        built = BuiltCandidate(made.candidate, made.report, {}, made.quantization)
        part = next(iter(made.candidate.parts.values()), made.candidate)
        adapter = find_adapter(part.folder / MODEL_NAME)
        return publish(built, adapter, Publication(config, facts=facts), context, stages), made


def _read_config(name: str, source: LanguageSource, context: Context) -> ModelConfig:
    """Return the content of model.toml; that of a model that is imported for the first time is written in the end."""
    where = context.project.folder(name) / CONFIG_NAME
    if not where.is_file():
        return ModelConfig(name, "onnx", stream=source.task == GENERATE)
    config = context.project.read_config(name)
    modes = (NONE, BLOCKS) if source.task == GENERATE else (NONE, BLOCKS, DYNAMIC)
    if config.quantization.mode not in modes:
        what = f'has quantization.mode "{config.quantization.mode}", which this model cannot have'
        raise ProjectError(str(where), what, f"Set it to {' or '.join(modes)} for a model for {source.task}.")
    if config.kind != "onnx":
        raise ProjectError(str(where), f'has kind = "{config.kind}"', 'Set kind = "onnx" for an imported model.')
    return config


def _build(
    request: ImportRequest, source: LanguageSource, config: ModelConfig, folder: Path, context: Context
) -> LanguageCandidate:
    """Make and verify the candidate of the source's task."""
    if source.task != GENERATE:
        encoder = EncoderRequest(config, request.text, partial(_finish, config, context.open_session))
        return build_encoder_candidate(source, encoder, folder, context.open_session, context.progress)
    threads = os.cpu_count() or 1
    decoder = DecoderRequest(config, request.text, threads)
    return build_decoder_candidate(source, decoder, folder, context.open_session, context.progress)


def _finish(config: ModelConfig, open_session: OpenSession, candidate: Candidate) -> Candidate:
    """Quantize an encoder where model.toml asks for dynamic quantization, and optimize it."""
    folder = candidate.folder
    if config.quantization.mode == DYNAMIC:
        candidate = quantize(config.name, candidate, None, folder.with_name("quantized"))
    return optimize(candidate, folder.with_name("optimized"), open_session, pack_parts_later=True)


def _check_serving(project: Project, config: ModelConfig, made: LanguageCandidate, task: str) -> None:
    """Package and start the function, and send it one request.

    Raises:
        ParityError: It does not start, or does not answer.
    """
    tensors = {spec.name: Tensor(BYTES, (1,), (_SAMPLE,)) for spec in made.candidate.signature.inputs}
    with temporary_folder() as folder:
        staged = project if has_app(project, config.name) else _stage(project, config.name, task, folder)
        app = project.folder(config.name) / APP_NAME
        try:
            with start_candidate(staged, config, made.candidate) as function:
                failure = function.find_failure(tensors)
        except ServiceError as error:
            raise _serving_error(app, error.what) from error
    if failure is not None:
        raise _serving_error(app, str(failure))


def _stage(project: Project, name: str, task: str, folder: Path) -> Project:
    """Return a project with the files that a new model gets, which are not in the real one before the end."""
    staged = replace(project, root=folder)
    for path, content in plan_import(project, name, FunctionNeeds(task)).files.items():
        write_atomically(staged.folder(name) / path, content)
    return staged


def _serving_error(app: Path, why: str) -> ParityError:
    what = f"cannot serve this model, so nothing was published: {why}"
    return ParityError(str(app), what, "Correct it, or remove it so that a new one is written.")


def _describe_files(source: LanguageSource) -> Json:
    """Return the digests of the files of weights, by name."""
    return {str(file.relative_to(source.path.parent)): hash_file(file) for file in source.files}


def _plan(
    project: Project, source: LanguageSource, result: TrainResult, made: LanguageCandidate, context: Context
) -> Addition:
    """Decide what the project gets, now that the size and the memory of the model are known."""
    manifest = result.published.manifest
    raw = context.store.read_file(manifest, LANGUAGE_NAME)
    memory = estimate_memory(manifest, parse_object(raw))
    needs = FunctionNeeds(source.task, sum(file.size for file in manifest.files), memory.megabytes)
    return plan_import(project, result.model, needs, write_model_toml(source.task, made.found))
