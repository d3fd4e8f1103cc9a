"""Training on AWS Batch: runs, and the image in which they train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # numpy and the rooms load when a function is called
    from pilotlight.workflows.batch_types import BatchResult, CancelledRun, RunState
    from pilotlight.workflows.image import BuiltImage


def train_on_batch(
    name: str,
    *,
    nodes: bool = False,
    detach: bool = False,
    project: AnyProject = None,
    progress: AnyProgress = None,
    **options: Any,
) -> BatchResult:
    """Train a model on AWS Batch, follow the run, and pin the version that it made.

    A run that is finished or under way is not submitted again.

    Args:
        name: The model, a folder under functions/.
        nodes: Spread the run over several instances, as many as the stack has.
        detach: Return once the run is submitted.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.
        **options: Training options, see `train`.

    Returns:
        The run, its job, and what it made; with `detach` only the run and its job.

    Raises:
        ProjectError: The project, model.toml or an option is wrong.
        DataError: The data are missing, or on this machine.
        RunError: The stack has no training, AWS refuses the job, or the run failed.
    """
    from pilotlight.workflows.train_on_batch import train_on_batch as run
    from pilotlight.workflows.types import TrainRequest

    request = TrainRequest(name, {key: value for key, value in options.items() if value is not None})
    return run(request, make_context(project, progress), nodes=nodes, detach=detach)


def runs(*, project: AnyProject = None) -> list[RunState]:
    """List the training runs of the project's store.

    Args:
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The runs, the newest first: what the store holds of each, its state, and the seconds that it ran.

    Raises:
        StoreError: The store cannot be read.
        RunError: AWS Batch cannot be reached.
    """
    from pilotlight.workflows.runs import list_runs

    return list_runs(make_context(project))


def watch_run(run: str, *, project: AnyProject = None, progress: AnyProgress = None) -> BatchResult:
    """Follow a run on AWS Batch to its end.

    Args:
        run: The run's name, as `runs` lists it.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The run, its job, and what it made. Nothing is pinned.

    Raises:
        RunError: There is no such run, it failed, or it was never submitted.
    """
    from pilotlight.workflows.runs import watch_run as watch

    return watch(run, make_context(project, progress))


def cancel_run(run: str, *, project: AnyProject = None) -> CancelledRun:
    """End a run's job on AWS Batch. Its checkpoints are kept, and the same training resumes from them.

    Args:
        run: The run's name, as `runs` lists it.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The run, its model, its job, and where its checkpoints are.

    Raises:
        RunError: There is no such run, or it has no job under way.
    """
    from pilotlight.workflows.runs import cancel_run as cancel

    return cancel(run, make_context(project))


def build_image(
    *, base: str | None = None, cpu: bool | None = None, project: AnyProject = None, progress: AnyProgress = None
) -> BuiltImage:
    """Build the container image in which models train on AWS Batch, with Docker.

    Args:
        base: The base image, in place of the Dockerfile's; None for the one in pilotlight.toml.
        cpu: TensorFlow for the CPU instead of GPUs; None for what pilotlight.toml says.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The image's name and tag, and whether it is new.

    Raises:
        ImageError: Docker is missing or fails, or the project has no Dockerfile.
    """
    from pilotlight.workflows.image import ImageRequest
    from pilotlight.workflows.image import build_image as build

    return build(ImageRequest(base, cpu), make_context(project, progress))


def push_image(
    *,
    repository: str | None = None,
    base: str | None = None,
    cpu: bool | None = None,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> BuiltImage:
    """Push the training image, as it was built, to its repository. A tag that is there already is left alone.

    Args:
        repository: The image's repository; None for the one of the project's stack.
        base: As it was built, see build_image.
        cpu: As it was built, see build_image.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The image's name and tag, and whether this call pushed it.

    Raises:
        ImageError: The image is not built, or Docker is missing or fails.
        RunError: The project's stack has no repository, or AWS refuses.
    """
    from pilotlight.workflows.image import PushRequest
    from pilotlight.workflows.image import push_image as push

    return push(PushRequest(base, cpu, repository), make_context(project, progress))


def tag_image(*, base: str | None = None, cpu: bool | None = None, project: AnyProject = None) -> str:
    """Return the tag of the training image for the project's files as they are now.

    Args:
        base: See build_image.
        cpu: See build_image.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        12 hex digits.

    Raises:
        ImageError: The project has no Dockerfile.
    """
    from pilotlight.workflows.image import ImageRequest
    from pilotlight.workflows.image import tag_image as tag

    return tag(ImageRequest(base, cpu), make_context(project))
