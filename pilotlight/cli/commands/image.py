"""image: the container image in which models train on AWS Batch, built here and pushed to its repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, print_json

if TYPE_CHECKING:
    from pilotlight.workflows.image import BuiltImage

HELP: Final = "Build the container image in which models train on AWS Batch, and push it to its repository."

RepositoryOption = Annotated[
    str | None,
    typer.Option(
        "--repository", metavar="URI", help="The image's repository. Default: the stack's TrainingRepository."
    ),
]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", metavar="IMAGE", help="The base image, with Python 3.13. Default: the Dockerfile's."),
]
CpuOption = Annotated[
    bool | None, typer.Option("--cpu/--gpu", help="TensorFlow for the CPU: for machines without a GPU.")
]


def build(ctx: typer.Context, *, base: BaseOption = None, cpu: CpuOption = None, as_json: JsonFlag = False) -> None:
    """Build the training image: TensorFlow for GPUs, Pilotlight, and this project, all pinned by hash.

    Its tag is a digest of the files in it, and of --base and --cpu. infra/training.ignore lists files to leave out.
    The table image in pilotlight.toml sets base and cpu where the options are not given.

    Example:  [dim]pilotlight image build[/]
    """
    from pilotlight.workflows.image import ImageRequest, build_image

    _print(build_image(ImageRequest(base, cpu), invocation(ctx).context()), as_json=as_json)


def push(
    ctx: typer.Context,
    *,
    repository: RepositoryOption = None,
    base: BaseOption = None,
    cpu: CpuOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Push the training image to its repository; a tag that is there already is left alone.

    Give the same --base and --cpu as to `pilotlight image build`.

    Example:  [dim]pilotlight image push[/]
    """
    from pilotlight.workflows.image import PushRequest, push_image

    _print(push_image(PushRequest(base, cpu, repository), invocation(ctx).context()), as_json=as_json)


def tag(ctx: typer.Context, *, base: BaseOption = None, cpu: CpuOption = None) -> None:
    """Print the tag of the training image of this project, as it is now.

    Give the same --base and --cpu as to `pilotlight image build`.

    Example:  [dim]pilotlight image tag[/]
    """
    from pilotlight.workflows.image import ImageRequest, tag_image

    typer.echo(tag_image(ImageRequest(base, cpu), invocation(ctx).context(quiet=True)))


def _print(built: BuiltImage, *, as_json: bool) -> None:
    if as_json:
        print_json(built._asdict())
        return
    typer.echo(built.image)
