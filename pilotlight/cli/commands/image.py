"""image: the container in which models train on AWS Batch, built here and sent to its repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotlight.cli.wiring import JsonFlag, invocation, print_json
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
BaseOption = Annotated[
    str | None, typer.Option("--base", metavar="IMAGE", help="Replaces the Dockerfile's base; needs Python 3.13.")
]
CpuOption = Annotated[
    bool | None, typer.Option("--cpu/--gpu", help="TensorFlow for the CPU: for machines without a GPU.")
]


def build(ctx: typer.Context, *, base: BaseOption = None, cpu: CpuOption = None, as_json: JsonFlag = False) -> None:
    """Build the training image: TensorFlow for GPUs, Pilotlight, and this project, all pinned by hash.

    Its tag is a digest of the files that it holds, and of --base and --cpu; infra/training.ignore says what it does not
    hold. What [image] in pilotlight.toml says of base and cpu need not be given.

    Example:  [dim]pilotlight image build[/]
    """
    from pilotlight.image import Docker, read_variant
    from pilotlight.image import build as build_image

    where = invocation(ctx)
    root, progress = where.project().root, where.progress()
    variant = read_variant(root, base=base, cpu=cpu)
    _tell(build_image(root, Docker(progress.note), progress, variant), as_json=as_json)


def push(
    ctx: typer.Context,
    *,
    repository: RepositoryOption = None,
    base: BaseOption = None,
    cpu: CpuOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Send the training image to its repository; a tag that is there already is left alone.

    --base and --cpu are those that it was built with.

    Example:  [dim]pilotlight image push[/]
    """
    from pilotlight.image import Docker, read_variant
    from pilotlight.image import push as push_image

    where = invocation(ctx)
    project, progress = where.project(), where.progress()
    target = repository or _repository(project)
    variant = read_variant(project.root, base=base, cpu=cpu)
    _tell(push_image(project.root, target, Docker(progress.note), Ecr(), progress, variant), as_json=as_json)


def tag(ctx: typer.Context, *, base: BaseOption = None, cpu: CpuOption = None) -> None:
    """Print the tag of the training image of this project, as it is now.

    --base and --cpu are those that it is built with.

    Example:  [dim]pilotlight image tag[/]
    """
    from pilotlight.image import image_tag, read_variant

    root = invocation(ctx).project().root
    typer.echo(image_tag(root, variant=read_variant(root, base=base, cpu=cpu)))


class Ecr:
    """Passwords for repositories of ECR; Docker's own settings have to do for others."""

    def password(self, repository: str) -> str | None:
        """See image.Registry."""
        if not _ECR.match(repository):
            return None
        from pilotlight.aws import Clients, Images

        return Images(Clients().ecr).password(repository)


def _repository(project: Project) -> str:
    """The output TrainingRepository of the project's stack."""
    from pilotlight.aws import Clients, Stacks
    from pilotlight.batch import read_settings

    clients = Clients()
    return read_settings(Stacks(clients.cloudformation), stack_name(project.root), clients.region).repository


def _tell(built: Built, *, as_json: bool) -> None:
    if as_json:
        print_json(built._asdict())
        return
    typer.echo(built.image)
