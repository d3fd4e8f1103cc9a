"""The digits network that every stack serves: fitted once, kept as Keras saves it, and published as ONNX."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import onnx

from pilotlight.conversion import convert, find_adapter_for_file
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.project import Project
from pilotlight.training.fitting import fit
from pilotlight.workflows.context import Context
from pilotlight.workflows.convert import convert as convert_saved
from pilotlight.workflows.prepare_run import resolve_run
from pilotlight.workflows.types import ConvertRequest


class Digits(NamedTuple):
    """source: the model's folder, with its serving code. store, lock: its published version. keras: the fitted model.

    onnx: the same converted and no more, one file, for the peers: what publishing optimises is Pilotlight's own.
    """

    source: Path
    store: Path
    lock: Lock
    onnx: Path
    keras: Path


def prepare(repository: Path, into: Path) -> Digits:
    """Trains, converts, verifies and publishes the digits network in a project of its own, once.

    The serving code is copied anew each time. It is the way of `pilotlight train digits`, except that the fitted model
    is saved in between, for TensorFlow to serve.
    """
    project = Project(into / "project", str(into / "project" / "store"))
    source = project.functions / "digits"
    source.mkdir(parents=True, exist_ok=True)
    for name in ("app.py", "train.py", "model.toml"):
        shutil.copy(repository / "functions" / "digits" / name, source)
    keras = into / "project" / "digits.keras"
    config = project.read_config("digits")
    context = Context(Path.cwd(), {}, given_project=project)
    if not keras.is_file():
        fit(source, config, resolve_run(context, config, {})).model.save(keras)
    plain = into / "project" / "plain" / "model.onnx"
    if not plain.is_file():
        _convert(keras, config, plain)
    convert_saved(ConvertRequest("digits", keras), context)
    lock = project.read_lock("digits")
    if lock is None:
        raise SystemExit("the digits network was not pinned")
    return Digits(source, Path(project.store), lock, plain, keras)


def _convert(keras: Path, config: ModelConfig, target: Path) -> None:
    with TemporaryDirectory() as temporary:
        convert(find_adapter_for_file(keras).load(keras), config, Path(temporary))
        model = onnx.load(Path(temporary) / "model.onnx")
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target)
