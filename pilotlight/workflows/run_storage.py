"""The files of a run in the store: checkpoints during the run, its result at the end."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight import __version__
from pilotlight.core.clock import Clock, format_timestamp
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import LOCK_NAME
from pilotlight.core.model_config import CONFIG_NAME, ModelConfig
from pilotlight.core.options import list_identity_values
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.core.run_files import CHECKPOINTS, NODES, RESULT_NAME
from pilotlight.store import Blobs, PrefixedBlobs, hash_file
from pilotlight.training.checkpoints import Checkpoints
from pilotlight.training.run import Run
from pilotlight.workflows.provenance import read_versions
from pilotlight.workflows.published_metric import (
    compute_floor,
    find_metric_name,
    find_published_metric,
    orient_metric,
)
from pilotlight.workflows.types import TrainResult

_DIGITS: Final = 12
_TOOLS: Final = ("keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "scikit-learn")


def identify_run(project: Project, name: str, run: Run, seeds: int, backend: str = "") -> str:
    """Compute the name of a run on this machine: 12 hexadecimal digits of a digest of its code, settings and packages.

    Code is every file in the model's folder, and the project's Python files outside functions/, which train.py may
    import. Of model.toml only the settings of a fit count, since a changed tolerance needs no new fit. The content of
    the data does not count either, since checkpoints are separated by the fingerprint of the data.

    Args:
        project: The project.
        name: The model.
        run: The resolved settings.
        seeds: The number of seeds.
        backend: The backend of Keras; "" for a model of another kind.

    Returns:
        The name of the run.
    """
    folder = project.folder(name)
    code = {path.relative_to(project.root).as_posix(): hash_file(path) for path in _code_files(project, folder)}
    settings = [*list_identity_values(run), seeds, run.labels, backend]
    tools = {"pilotlight": __version__, **read_versions(_TOOLS)}
    facts = json.dumps([name, code, settings, tools], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:_DIGITS]


class RunStorage:
    """The files of one run.

    Args:
        files: The blobs below the prefix of the run.

    Attributes:
        checkpoints: The checkpoints from which an interrupted run resumes.
        nodes: The addresses of the nodes of one job.
    """

    def __init__(self, files: Blobs) -> None:
        self._files = files
        self.checkpoints = Checkpoints(PrefixedBlobs(files, CHECKPOINTS))
        self.nodes = PrefixedBlobs(files, NODES)

    def finish(
        self, result: TrainResult, config: ModelConfig, clock: Clock, progress: Progress, *, keep_result: bool
    ) -> None:
        """Remove the checkpoints of a run that has succeeded, and store its result.

        Args:
            result: The published version.
            config: The configuration of the model.
            clock: The time of day.
            progress: Where to report checkpoints that cannot be removed.
            keep_result: Whether to store the result.
        """
        if keep_result:
            content = json.dumps(_record(result, config, clock), indent=2, allow_nan=False) + "\n"
            self._files.put_bytes(RESULT_NAME, content.encode())
        try:
            self.checkpoints.clear()
        except StoreError as error:  # the version is published already
            progress.note(f"the checkpoints are no longer needed, but could not be removed: {error}")


class PreparedRun(NamedTuple):
    """Everything that a fit needs.

    Attributes:
        config: The configuration of the model.
        run: The settings of the run, which train.py gets.
        storage: The files of the run in the store.
        name: The name of the run.
    """

    config: ModelConfig
    run: Run
    storage: RunStorage
    name: str


def _code_files(project: Project, folder: Path) -> list[Path]:
    """List every file of the model except its lock file and model.toml, and the Python files outside functions/.

    What tools have made in build/ and dist/ is no code of the project.
    """
    own = (path for path in _files(folder, ()) if path.name not in (LOCK_NAME, CONFIG_NAME))
    around = (path for path in _files(project.root, (project.functions.name, "build", "dist")) if path.suffix == ".py")
    return sorted({*own, *around})


def _files(root: Path, but: Sequence[str]) -> Iterator[Path]:
    """Yield the files below `root`, without hidden ones, caches, environments, the folders `but`, links to nothing."""
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
        yield from (here / name for name in names if not name.startswith(".") and (here / name).is_file())


def _record(result: TrainResult, config: ModelConfig, clock: Clock) -> dict[str, object]:
    """Return the content of result.json. Its floor is the value that the next version must reach.

    Pipelines compare value and floor as numbers, so both are negative where lower is better.
    """
    metric = find_metric_name(config, result.metrics, result.parity)
    value = find_published_metric(config, result.metrics, result.parity)
    return {
        "run": result.run,
        "model": result.model,
        "version": result.version,
        "new": result.published.new,
        "metric": metric,
        "value": None if value is None else orient_metric(metric, value),
        "floor": None if value is None else compute_floor(metric, value, config.training.max_metric_drop),
        "metrics": dict(result.metrics),
        "parity": {key: each for key, each in asdict(result.parity).items() if key not in ("failures", "cause")},
        "seconds": round(sum(result.seconds.values()), 3),
        "finished": format_timestamp(clock()),
    }
