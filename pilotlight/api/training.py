"""Versions of models: from a train.py, from a saved model, from an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # numpy and the rooms load when a function is called
    from pilotlight.workflows.types import TrainResult


def train(
    name: str, *, pin: bool = True, project: AnyProject = None, progress: AnyProgress = None, **options: Any
) -> TrainResult:
    """Fit a model, convert it to ONNX, verify that it answers the same, publish it and pin it.

    Examples:
        >>> result = pilotlight.train("digits", epochs=3, progress=print)
        >>> result.version, result.metrics

    Args:
        name: The model, a folder under functions/. Its train.py is run.
        pin: Pin the version, so that it is packaged and served.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.
        **options: What to use instead of [training] in model.toml: data (text), epochs, batch_size and seed (whole
            numbers), learning_rate (a number); and seeds (train so many, keep the median) and at_least (publish nothing
            whose metric is lower).

    Returns:
        The published version with its metrics, the gate's report, the learning curve, and the seconds of each stage.

    Raises:
        ProjectError: The project, model.toml or an option is wrong.
        DataError: The data cannot be read.
        TrainingError: train.py fails.
        ConversionError: The model cannot become ONNX.
        ParityError: The ONNX model answers differently, reaches too little, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be read or written.
    """
    from pilotlight.workflows.train import train as run
    from pilotlight.workflows.types import TrainRequest

    given = {key: value for key, value in options.items() if value is not None}
    return run(TrainRequest(name, given, pin=pin), make_context(project, progress))


def convert(
    name: str,
    source: str | Path,
    *,
    data: str | None = None,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> TrainResult:
    """Convert a saved model to ONNX, verify it on the held-out data that train.py loads, publish it and pin it.

    Args:
        name: The model, a folder under functions/.
        source: The saved model, such as model.keras.
        data: The data source; None for the one in model.toml.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The published version.

    Raises:
        ProjectError: The project or model.toml is wrong.
        DataError: The data cannot be read.
        ConversionError: The file cannot be read, or the model cannot become ONNX.
        ParityError: The ONNX model answers differently, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be read or written.
    """
    from pilotlight.workflows.convert import convert as run
    from pilotlight.workflows.types import ConvertRequest

    context = make_context(project, progress)
    return run(ConvertRequest(name, context.path(source), {} if data is None else {"data": data}), context)


def import_model(
    source: str | Path,
    name: str,
    *,
    golden: str | Path | None = None,
    text: str | Path | None = None,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> TrainResult:
    """Publish an ONNX file or a language model as a version of a model and pin it.

    The model's folder and its function in template.yaml are added where they are missing.

    Args:
        source: The ONNX file, with its external data beside it. Or a language model: a .gguf file, or a folder with
            safetensors or an ONNX export.
        name: The model's name.
        golden: An .npz file of sample inputs, and the outputs that they must give, by name. Without it nothing is
            compared, and the manifest says so. A language model has no use for it.
        text: A file of held-out text on which a language model is compared with its source; None for Pilotlight's own.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The published version.

    Raises:
        ProjectError: The name is impossible or taken, template.yaml has no place for the function, or model.toml asks
            for something that an import cannot do; nothing is published. Or a file cannot be written; the next call
            finishes the work.
        ConversionError: ONNX Runtime cannot load the file, or a language model is damaged or of an unknown kind.
        DataError: The samples do not fit the model, or the text cannot be read.
        ParityError: The model answers differently, or app.py cannot serve it.
        PackagingError: The function cannot be packaged.
        StoreError: The store cannot be written.
    """
    from pilotlight.workflows.import_source import import_source
    from pilotlight.workflows.types import ImportRequest

    context = make_context(project, progress)
    samples, held_out = (None if path is None else context.path(path) for path in (golden, text))
    return import_source(ImportRequest(name, context.path(source), samples, held_out), context)
