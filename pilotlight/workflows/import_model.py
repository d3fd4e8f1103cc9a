"""Imports an ONNX file: from the file to a pinned version, and a function that serves it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pilotlight.conversion import add_labels, check_signature, find_adapter, import_onnx
from pilotlight.conversion.input_ranges import find_input_ranges
from pilotlight.core.artifacts import Candidate
from pilotlight.core.clock import format_timestamp
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_config import CONFIG_NAME, NONE, ModelConfig
from pilotlight.core.project_lock import lock_project
from pilotlight.core.reports import ParityReport
from pilotlight.core.stages import Stages
from pilotlight.optimization import optimize
from pilotlight.scaffold import FunctionNeeds, plan_import
from pilotlight.store import hash_file
from pilotlight.training.train_module import TRAIN_NAME
from pilotlight.verification.drawn_samples import draw_judged_samples
from pilotlight.verification.golden import GoldenSamples, load_golden, verify_import
from pilotlight.verification.graphs import verify_graphs
from pilotlight.workflows.comparisons import Comparison, record_comparison
from pilotlight.workflows.context import Context
from pilotlight.workflows.publish import describe_parity, publish
from pilotlight.workflows.types import BuiltCandidate, ImportRequest, Publication, TrainResult
from pilotlight_runtime.manifest import MODEL_NAME, Json
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.signature import Signature


def import_model(request: ImportRequest, context: Context) -> TrainResult:
    """Publish an ONNX file as a version of a model, and pin it. TensorFlow is never imported.

    Args:
        request: The file, the name of the model, and its reference samples. Without samples nothing is compared, and
            the manifest says so.
        context: The project, its store, and where to report.

    Returns:
        The published version.

    Raises:
        ProjectError: model.toml has a setting that an import cannot use.
        ConversionError: ONNX Runtime cannot load the file.
        DataError: The samples do not fit the model.
        ParityError: The outputs of the model differ, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be written.
    """
    project, open_session = context.project, context.open_session
    stages = Stages(context.progress)
    where = project.folder(request.name) / CONFIG_NAME
    config = project.read_config(request.name) if where.is_file() else ModelConfig(request.name, "onnx")
    for note in config.notes:
        context.progress.note(f"{where}: {note}")
    _check_not_quantized(config, str(where))

    with temporary_folder() as folder:
        notes: list[str] = []
        with stages.stage("import"):
            imported = import_onnx(request.source, folder / "imported", open_session, notes.append)
            candidate = add_labels(imported, config.labels)
        with stages.stage("optimize"):
            candidate = optimize(candidate, folder / "optimized", open_session)
            check_signature(config, candidate.signature)
        with stages.stage("verify"):
            golden = None if request.golden is None else load_golden(request.golden, candidate.signature)
            original = _Original(request.source, imported.signature, tuple(notes)) if notes else None
            report = _verify(candidate, golden, original, config, open_session)
        samples = None if golden is None else golden.inputs
        built = BuiltCandidate(candidate, report, {}, None, samples, find_input_ranges(candidate, samples or {}))
        publication = Publication(config, facts={"source": request.source.name, **_golden_facts(request.golden)})
        result = publish(built, find_adapter(candidate.folder / MODEL_NAME), publication, context, stages)
    if request.golden is not None and not result.published.new:
        _record(request.golden, result, config, context)
    return result


class _Original(NamedTuple):
    """The original of a model that was converted down.

    Attributes:
        source: Its file.
        signature: Its inputs and outputs.
        notes: What was done, for the manifest.
    """

    source: Path
    signature: Signature
    notes: tuple[str, ...]


def _verify(
    candidate: Candidate,
    golden: GoldenSamples | None,
    original: _Original | None,
    config: ModelConfig,
    open_session: OpenSession,
) -> ParityReport:
    """Verify the candidate. One that was converted down is always compared, with its original if with nothing else."""
    graph, signature, notes = original or _Original(candidate.folder / MODEL_NAME, candidate.signature, ())
    predict = partial(find_adapter(candidate.folder / MODEL_NAME).predict, graph, signature=signature)
    if original is not None and golden is None:
        golden = draw_judged_samples(signature, predict, str(graph))
        notes = (*notes, "compared with the original, as ONNX's reference implementation computes drawn inputs")
    verify = partial(verify_import, candidate, golden, predict, config.parity)
    report = verify_graphs(candidate, verify, open_session)
    return replace(report, note="; ".join(filter(None, [*notes, report.note])))


def _record(golden: Path, result: TrainResult, config: ModelConfig, context: Context) -> None:
    """Record the comparison of a version that was there already."""
    parity = describe_parity(result.parity, config, quantized=False)
    comparison = Comparison(format_timestamp(context.clock()), _describe_samples(golden), parity)
    if record_comparison(context.store, result.published.manifest, comparison):
        context.progress.note(
            f"{config.name}@{result.version} was published before, and its manifest stays; the comparison with "
            f"{golden.name} is recorded beside it, where `pilotlight show {config.name}` finds it"
        )


def import_and_serve(request: ImportRequest, context: Context) -> TrainResult:
    """Import an ONNX file. Add the model's folder and function to the project where they are missing.

    The name and the template are checked before anything is published. Where an earlier call was killed, this one
    finishes its work.

    Args:
        request: The file, the name of the model, and its reference samples.
        context: The project, its store, and where to report.

    Returns:
        The published version.

    Raises:
        ProjectError: The name is impossible or taken, or template.yaml has no place for the function; nothing is
            published. Or a file cannot be written; the next call finishes the work.
        UserError: As `import_model` raises it.
    """
    project, name = context.project, request.name
    with lock_project(project.root, context.progress.note):
        plan_import(project, name)
        result = import_model(request, context)
        needs = FunctionNeeds(bytes=sum(file.size for file in result.published.manifest.files))
        addition = plan_import(project, name, needs)  # planned again: a person may have edited template.yaml meanwhile
        addition.write()
    if addition.note and needs.is_image:
        context.progress.note(addition.note)
    return result


def _golden_facts(golden: Path | None) -> dict[str, object]:
    return {} if golden is None else {"data": _describe_samples(golden)}


def _describe_samples(golden: Path) -> Json:
    return {"source": golden.name, "fingerprint": hash_file(golden)}


def _check_not_quantized(config: ModelConfig, where: str) -> None:
    if config.quantization.mode != NONE:
        hint = f"Quantize it before, or return its path from train() in a {TRAIN_NAME} whose load() returns samples."
        raise ProjectError(
            where, "has [quantization], but an imported file has no data to verify a quantized model", hint
        )
