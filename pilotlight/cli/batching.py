"""`pilotlight train NAME --on batch`: which run it is, what it may cost, one job, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pilotlight.batch import (
    Claims,
    Cloud,
    Order,
    RunFiles,
    Settings,
    check_store,
    checked_queue,
    data_identity,
    estimate,
    live_job,
    local_data,
    needs_of,
    read_pattern,
    read_prices,
    read_queue,
    read_result,
    read_run,
    read_settings,
    run_id,
    seconds_of_model,
    submit,
)
from pilotlight.cli.cloud import World
from pilotlight.cli.watching import follow, saved_text, tell_detached, tell_result
from pilotlight.cli.wiring import Surroundings, existing_model, open_blobs, open_store
from pilotlight.core.errors import RunError, TrainingError
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.core.modelconfig import CONFIG_NAME, ModelConfig
from pilotlight.core.project import Project
from pilotlight.core.stack import stack_name
from pilotlight.pipeline.seeds import check_seeds
from pilotlight.training import TRAIN_NAME
from pilotlight.training.data.sklearn_tables import SKLEARN_TABLES
from pilotlight.training.data.sources import BUILT_IN
from pilotlight.verification import check_metric

if TYPE_CHECKING:
    from pilotlight.batch import Queue, Result, Vcpus
    from pilotlight.cli.progress import LiveProgress, PlainProgress
    from pilotlight.pipeline import Options

_FLAGS: Final = {
    "data": "--data",
    "epochs": "--epochs",
    "batch_size": "--batch-size",
    "learning_rate": "--learning-rate",
    "seed": "--seed",
    "seeds": "--seeds",
    "at_least": "--at-least",
}
"""What a person may override, as the container is told it."""


_IN_THE_IMAGE: Final = frozenset((*BUILT_IN, *SKLEARN_TABLES, "django", "numbers", "reviews"))
"""Names of data that Pilotlight or a reference model's train.py knows, which win over folders that are called so."""


def train_on_batch(  # noqa: PLR0913  (what the command was given)
    where: Surroundings,
    name: str,
    options: Options,
    *,
    nodes: bool,
    detach: bool,
    as_json: bool,
    world: World | None = None,
) -> None:
    """Submits the run, watches it, pins what it made and says so. Errors are those of pilotlight.batch.

    nodes: whether on several instances.
    """
    world = world or World()
    project = where.project()
    config = _trainable(project, existing_model(project, name), options)
    desk = _Desk.set_up(where, project, config, options, world, nodes=nodes)
    result = read_result(desk.files, desk.run)
    job = ""
    if result is not None:
        spared = saved_text(read_run(desk.files, desk.run))
        desk.progress.note(f"run {desk.run} is finished: same code, data and settings. That saves {spared}")
    else:
        job = desk.job()
        if detach:
            tell_detached(desk.run, name, job, as_json=as_json)
            return
        group = desk.settings.log_group
        result = follow(desk.cloud, desk.files, desk.run, job, display=desk.progress, world=world, log_group=group)
    _pin(project, name, result)
    following = f"Next: pilotlight serve {name}"
    tell_result(desk.files, desk.run, job, result, as_json=as_json, following=following, pinned=True)


@dataclass(frozen=True)
class _Desk:
    """One command's run, resolved."""

    project: Project
    config: ModelConfig
    options: Options
    world: World
    cloud: Cloud
    settings: Settings
    files: RunFiles
    progress: LiveProgress | PlainProgress
    tag: str
    run: str
    data: Mapping[str, Any]
    resolved: Mapping[str, Any]

    @classmethod
    def set_up(  # noqa: PLR0913  (what the command was given)
        cls, where: Surroundings, project: Project, config: ModelConfig, options: Options, world: World, *, nodes: bool
    ) -> _Desk:
        """Everything that is read before anything is decided."""
        _in_s3(project)
        source = options.data if options.data is not None else config.training.data
        base = where.cwd if options.data is not None else project.folder(config.name)
        if _is_local(source, base):
            raise local_data(source, project.store, folder=(base / source).is_dir())
        cloud = world.cloud()
        settings = read_settings(cloud.stacks, stack_name(project.root), cloud.region, nodes=nodes)
        data = data_identity(source, cloud.objects)
        tag = world.tag(project.root)
        resolved = _resolved(config, options) | ({"nodes": "several"} if nodes else {})
        run = run_id(config.name, tag, resolved, data)
        files, progress = open_blobs(project.store), where.progress()
        return cls(project, config, options, world, cloud, settings, files, progress, tag, run, data, resolved)

    def job(self) -> str:
        """The id of the run's job: the one under way, else a new one."""
        engine, name = self.cloud.engine, self.config.name
        queue = read_queue(engine, self.settings.queue, self.cloud.region)
        alive = live_job(engine, self.files, self.run, queue=queue.name, model=name)
        if alive is not None:
            self.progress.note(f"run {self.run} is under way as job {alive.id}, and is not submitted again")
            return alive.id
        order = self._order(queue)
        self._estimated(queue, order)
        claims = Claims(self.files, self.run, by=self.world.by, clock=self.world.clock, sleep=self.world.sleep)
        found = submit(order, engine, self.files, claims, self.world.clock)
        did = "submitted" if found.new else "under way already"
        self.progress.note(f"run {self.run} is {did}: job {found.job} in {queue.name}")
        return found.job

    def _order(self, queue: Queue) -> Order:
        pattern = read_pattern(self.cloud.engine, self.settings.definition)
        check_store(pattern, self.project.store)
        self._noted(checked_queue(self.cloud, self.settings, queue, self.tag, needs_of(pattern).vcpus))
        image = f"{self.settings.repository}:{self.tag}"
        arguments = (self.config.name, *_arguments(self.options), "--run", self.run)
        facts = {"data": dict(self.data), "settings": dict(self.resolved), "arguments": list(arguments)}
        return Order(self.run, self.config.name, queue.name, pattern, image, arguments, facts)

    def _noted(self, found: Vcpus) -> None:
        if found.note:
            self.progress.note(found.note)

    def _estimated(self, queue: Queue, order: Order) -> None:
        self.progress.stage("estimate")
        prices = read_prices(self.cloud.prices, self.cloud.machines, queue.environments, needs_of(order.pattern))
        lines = estimate(
            prices,
            took=seconds_of_model(self.files, self.config.name),
            timeout=(order.pattern.get("timeout") or {}).get("attemptDurationSeconds"),
            attempts=int((order.pattern.get("retryStrategy") or {}).get("attempts", 1)),
            nodes=int((order.pattern.get("nodeProperties") or {}).get("numNodes", 1)),
        )
        for line in lines:
            self.progress.note(line)


def _trainable(project: Project, name: str, options: Options) -> ModelConfig:
    """The configuration, with everything found wrong that need not wait until a container has begun."""
    config, where = project.config(name), str(project.folder(name) / CONFIG_NAME)
    check_metric(config.training.metric, where)
    check_seeds(config, options.seeds, where)
    script = project.folder(name) / TRAIN_NAME
    if not script.is_file():
        raise TrainingError(str(script), "does not exist", "`pilotlight new` shows a small one; nothing was submitted.")
    return config


def _in_s3(project: Project) -> None:
    if not project.store.startswith("s3://"):
        raise RunError(
            f"store {project.store}",
            "is a folder on this machine, where a container of AWS Batch cannot publish",
            'Set PILOTLIGHT_STORE=s3://bucket/prefix, or store = "s3://bucket/prefix" in pilotlight.toml.',
        )


def _is_local(source: str, base: Path) -> bool:
    if source.startswith("s3://") or not source or source in _IN_THE_IMAGE:
        return False
    return "/" in source or source.endswith((".npz", ".csv")) or (base / source).exists()


def _resolved(config: ModelConfig, options: Options) -> dict[str, Any]:
    """Every setting of the run: model.toml's, and what was given instead. The data have an identity of their own."""
    given = {field: getattr(options, field, None) for field in _FLAGS}
    settings = {**asdict(config.training), **{field: value for field, value in given.items() if value is not None}}
    return {field: value for field, value in settings.items() if field != "data"}


def _arguments(options: Options) -> list[str]:
    """What was given, as options of the container's command; model.toml, which is in the image, has the rest."""
    given = {flag: getattr(options, field, None) for field, flag in _FLAGS.items()}
    return [word for flag, value in given.items() if value is not None for word in (flag, str(value))]


def _pin(project: Project, name: str, result: Result) -> None:
    """As a local `train` does, with the digest of the manifest as it is in the store."""
    _, digest = open_store(project.store).manifest(name, result.version)
    write_lock(project.folder(name) / LOCK_NAME, Lock(result.version, digest))
