"""train, convert: a version from a framework's model."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilotlight.cli.invocation import Invocation, JsonFlag, invocation
from pilotlight.cli.options import given_options, with_training_options
from pilotlight.cli.signals import stopping

if TYPE_CHECKING:  # numpy and onnx load when a command runs
    from pilotlight.workflows.types import TrainRequest

Data = Annotated[str | None, typer.Option(metavar="SRC", help="Where the data come from. Default: as in model.toml.")]


class TrainingPlace(StrEnum):
    """Where a model is trained."""

    here = "here"
    batch = "batch"


On = Annotated[TrainingPlace, typer.Option(help="Train on this machine, or on AWS Batch's GPU instances.")]
Nodes = Annotated[bool, typer.Option("--nodes", help="With --on batch: on as many instances as the stack sets.")]
Detach = Annotated[bool, typer.Option("--detach", help="With --on batch: submit, and don't wait for the end.")]


@with_training_options
def train(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A model under functions/.")],
    *,
    on: On = TrainingPlace.here,
    nodes: Nodes = False,
    detach: Detach = False,
    as_json: JsonFlag = False,
    **options: Any,
) -> None:
    """Fit a model, convert it to ONNX, verify that it answers the same, publish it and pin it.

    Runs the model's own train.py. Where the ONNX model's answers or its metric differ from the source model's by more
    than model.toml allows, nothing is published. The learning curve is shown, stored with the version and drawn to
    .pilotlight/curves/NAME-VERSION.png.

    A run that is stopped, by Ctrl-C or otherwise, resumes from its last checkpoint when the same command runs again,
    and ends in the same version.

    Example:  [dim]pilotlight train digits --data mnist --epochs 5[/]

    Example:  [dim]pilotlight train species --seeds 5[/]

    Example:  [dim]pilotlight train digits --on batch --data s3://bucket/data/mnist.npz[/]
    """
    from pilotlight.workflows.types import TrainRequest

    request = TrainRequest(name, given_options(options))
    if on is TrainingPlace.batch:
        _train_on_batch(invocation(ctx), request, nodes=nodes, detach=detach, as_json=as_json)
        return
    if detach or nodes:
        hint = "--detach" if detach else "--nodes"
        raise typer.BadParameter("is for a run on AWS Batch: add --on batch", param_hint=hint)
    _train_here(invocation(ctx), request, as_json=as_json)


def _train_here(where: Invocation, request: TrainRequest, *, as_json: bool) -> None:
    from pilotlight.cli.curves import draw_curve
    from pilotlight.cli.results import show_result
    from pilotlight.workflows.train import train as run_training

    with stopping() as stop:
        context = where.context(stop)
        result = run_training(request, context)
    draw_curve(context.project, result, context.progress)
    show_result(result, as_json=as_json, following=f"Next: pilotlight serve {request.name}")


def _train_on_batch(where: Invocation, request: TrainRequest, *, nodes: bool, detach: bool, as_json: bool) -> None:
    from pilotlight.cli.batch_results import exit_detached, show_batch_result
    from pilotlight.workflows.train_on_batch import train_on_batch

    with exit_detached():
        result = train_on_batch(request, where.context(), nodes=nodes, detach=detach)
    show_batch_result(result, as_json=as_json, following=f"Next: pilotlight serve {request.name}")


def convert(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A model under functions/.")],
    *,
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="A saved model, such as model.keras.")],
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """Convert a model that was saved earlier, verify it on held-out data, publish it and pin it.

    Takes .keras and .h5 files, SavedModel folders, .pt2 and TorchScript files, and .onnx files. train.py is imported
    first, so that the layers it registers are known; its function train is not called.

    Example:  [dim]pilotlight convert digits --from checkpoints/best.keras[/]
    """
    from pilotlight.cli.results import show_result
    from pilotlight.workflows.convert import convert as convert_model
    from pilotlight.workflows.types import ConvertRequest

    context = invocation(ctx).context()
    request = ConvertRequest(name, context.path(source), given_options({"data": data}))
    show_result(convert_model(request, context), as_json=as_json, following=f"Next: pilotlight serve {name}")
