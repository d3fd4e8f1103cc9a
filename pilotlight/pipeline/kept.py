"""What a run keeps in the store beside the versions: checkpoints while it goes on, its result at its end."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Final

from pilotlight import __version__
from pilotlight.core.errors import ProjectError, StoreError
from pilotlight.core.lock import LOCK_NAME
from pilotlight.core.modelconfig import CONFIG_NAME, ModelConfig
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.core.runs import CHECKPOINTS, NODES, RESULT_NAME
from pilotlight.pipeline.gate import reached
from pilotlight.pipeline.provenance import versions_of
from pilotlight.pipeline.result import Clock, Options, TrainResult
from pilotlight.store import Blobs, PrefixedBlobs, sha256_of
from pilotlight.training import Checkpoints, Run

_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_DIGITS: Final = 12
_TOOLS: Final = ("keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "scikit-learn")


def run_id(project: Project, name: str, run: Run, options: Options, backend: str = "") -> str:
    """The name of a run of the model `name`: 12 hex digits of the digest of its code, settings and packages.

    Code is what lies in the model's folder, and the project's Python files outside functions/, which train.py may
    import. Of model.toml only what a fit is told counts: who changes a tolerance need not fit again. The data's content
    is not in it either: what is kept of a run is told apart by the data's fingerprint besides. backend: what Keras
    computes with, for a model of Keras'.
    """
    folder = project.folder(name)
    code = {path.relative_to(project.root).as_posix(): sha256_of(path) for path in _code(project, folder)}
    settings = [run.source, run.epochs, run.batch_size, run.learning_rate, run.seed, options.seeds]
    settings += [run.precision, run.labels, backend]
    tools = {"pilotlight": __version__, **versions_of(_TOOLS)}
    facts = json.dumps([name, code, settings, tools], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:_DIGITS]


def check_run_name(name: str) -> str:
    """`name` itself where a run can be called so; ProjectError otherwise."""
    if not _RUN.fullmatch(name):
        hint = "Use letters, digits, - and _, at most 80."
        raise ProjectError(f"run {name!r}", "is not a name that a run can have", hint)
    return name


class KeptRun:
    """What one run keeps, in `files`."""

    def __init__(self, files: Blobs) -> None:
        self._files = files
        self.checkpoints = Checkpoints(PrefixedBlobs(files, CHECKPOINTS))
        self.nodes = PrefixedBlobs(files, NODES)

    def end(
        self, result: TrainResult, config: ModelConfig, clock: Clock, progress: Progress, *, recorded: bool
    ) -> None:
        """The run has succeeded: its result is put where that is wanted, and its checkpoints are of no more use."""
        if recorded:
            content = json.dumps(_record(result, config, clock), indent=2, allow_nan=False) + "\n"
            self._files.put_bytes(RESULT_NAME, content.encode())
        try:
            self.checkpoints.clear()
        except StoreError as error:  # everything is published
            progress.note(f"its checkpoints are of no more use, and could not be removed: {error}")


def _code(project: Project, folder: Path) -> list[Path]:
    """Every file of the model but its pin and its model.toml, and the Python files around functions/."""
    own = (path for path in _files(folder, ()) if path.name not in (LOCK_NAME, CONFIG_NAME))
    around = (path for path in _files(project.root, (project.functions.name,)) if path.suffix == ".py")
    return sorted({*own, *around})


def _files(root: Path, but: Sequence[str]) -> Iterator[Path]:
    """Files below `root`, without what Python, tools and editors leave behind, environments, and the folders `but`."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [
            each
            for each in folders
            if not each.startswith(".")
            and each != "__pycache__"
            and not (here / each / "pyvenv.cfg").exists()
            and not (here == root and each in but)
        ]
        yield from (here / name for name in names if not name.startswith("."))


def _record(result: TrainResult, config: ModelConfig, clock: Clock) -> dict[str, object]:
    """The content of result.json. floor: what the metric of a next version must reach to take this one's place."""
    value = reached(config, result.metrics, result.parity)
    return {
        "run": result.run,
        "model": result.model,
        "version": result.version,
        "new": result.published.new,
        "metric": config.training.metric,
        "value": value,
        "floor": None if value is None else round(value - config.training.regress, 9),
        "metrics": dict(result.metrics),
        "parity": {key: each for key, each in asdict(result.parity).items() if key != "failures"},
        "seconds": round(sum(result.seconds.values()), 3),
        "finished": clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
