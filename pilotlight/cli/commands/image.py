"""image: the container in which models train on AWS Batch, built here and sent to its repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotlight.cli.wiring import JsonFlag, print_json, surroundings
from pilotlight.core.project import Project
from pilotlight.core.stack import stack_name

if TYPE_CHECKING:
    from pilotlight.image import Built

HELP: Final = "Build the container in which models train on AWS Batch, and send it to its repository."
_ECR: Final = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")

RepositoryOption = Annotated[
    str | None,
    typer.Option("--repository", metavar="URI", help="Where the image goes; otherwise the stack's TrainingRepository."),
]


def build(
    ctx: typer.Context,
    *,
    base: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Takes the place of the Dockerfile's base; needs Python 3.13.")
    ] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="TensorFlow for the CPU: for machines without a GPU.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Build the training image: TensorFlow for GPUs, Pilotlight, and this project, all pinned by hash.

    Its tag is a digest of the files that it holds; infra/training.ignore says what it does not.

    Example:  [dim]pilotlight image build[/]
    """
    from pilotlight.image import Docker  # noqa: PLC0415  (only here)
    from pilotlight.image import build as build_image  # noqa: PLC0415  (only here)

    where = surroundings(ctx)
    progress = where.progress()
    _tell(build_image(where.project().root, Docker(progress.note), progress, base=base, cpu=cpu), as_json=as_json)


def push(ctx: typer.Context, *, repository: RepositoryOption = None, as_json: JsonFlag = False) -> None:
    """Send the training image to its repository; a tag that is there already is left alone.

    Example:  [dim]pilotlight image push[/]
    """
    from pilotlight.image import Docker  # noqa: PLC0415  (only here)
    from pilotlight.image import push as push_image  # noqa: PLC0415  (only here)

    where = surroundings(ctx)
    project, progress = where.project(), where.progress()
    target = repository or _repository(project)
    _tell(push_image(project.root, target, Docker(progress.note), Ecr(), progress), as_json=as_json)


def tag(ctx: typer.Context) -> None:
    """Print the tag of the training image of this project, as it is now.

    Example:  [dim]pilotlight image tag[/]
    """
    from pilotlight.image import image_tag  # noqa: PLC0415  (only here)

    typer.echo(image_tag(surroundings(ctx).project().root))


class Ecr:
    """Passwords for repositories of ECR; Docker's own settings have to do for others."""

    def password(self, repository: str) -> str | None:
        """See image.Registry."""
        if not _ECR.match(repository):
            return None
        from pilotlight.aws import Clients, Images  # noqa: PLC0415  (boto3)

        return Images(Clients().ecr).password(repository)


def _repository(project: Project) -> str:
    """The output TrainingRepository of the project's stack."""
    from pilotlight.aws import Clients, Stacks  # noqa: PLC0415  (boto3)
    from pilotlight.batch import read_settings  # noqa: PLC0415  (only here)

    clients = Clients()
    return read_settings(Stacks(clients.cloudformation), stack_name(project.root), clients.region).repository


def _tell(built: Built, *, as_json: bool) -> None:
    if as_json:
        print_json(built._asdict())
        return
    typer.echo(built.image)
