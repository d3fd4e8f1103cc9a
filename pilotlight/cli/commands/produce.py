"""train, convert: the ways on which a version is made from a framework's model."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilotlight.cli.results import told
from pilotlight.cli.signals import stopping
from pilotlight.cli.wiring import Invocation, JsonFlag, existing_model, fetch_data, invocation, open_store

if TYPE_CHECKING:  # numpy and onnx load when a command runs
    from pilotlight.pipeline import Options

Data = Annotated[
    str | None,
    typer.Option(
        metavar="SRC",
        help="A built-in set such as digits or iris, a file PATH.npz or (for tables) PATH.csv, one of these at "
        "s3://bucket/key, or (for texts) a folder. Default: as in model.toml.",
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the data. Default: as in model.toml.")]
Seeds = Annotated[
    int, typer.Option(min=1, metavar="N", help="Train with N seeds, model.toml's first; keep the model in the middle.")
]

AtLeast = Annotated[
    float | None, typer.Option(metavar="X", help="Publish nothing whose metric, as model.toml names it, is lower.")
]


class Engine(StrEnum):
    """Where a model is trained."""

    here = "here"
    batch = "batch"


On = Annotated[Engine, typer.Option(help="Train on this machine, or on AWS Batch's GPU instances.")]
Nodes = Annotated[bool, typer.Option("--nodes", help="With --on batch: on several instances, as many as the stack's.")]
Detach = Annotated[bool, typer.Option("--detach", help="With --on batch: submit, and don't wait for the end.")]


def train(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A model under functions/.")],
    *,
    data: Data = None,
    epochs: Epochs = None,
    seeds: Seeds = 1,
    at_least: AtLeast = None,
    on: On = Engine.here,
    nodes: Nodes = False,
    detach: Detach = False,
    as_json: JsonFlag = False,
) -> None:
    """Fit a model, convert it to ONNX, verify that it answers the same, publish it and pin it.

    Runs the model's own train.py. Where the ONNX model's answers or its metric differ from the source model's by more
    than model.toml allows, nothing is published. The learning curve is shown, stored with the version and drawn to
    .pilotlight/curves/NAME-VERSION.png.

    A run that is stopped, by Ctrl-C or otherwise, goes on from its last checkpoint when the same command is run again,
    and ends in the same version.

    Example:  [dim]pilotlight train digits --data mnist --epochs 5[/]

    Example:  [dim]pilotlight train species --seeds 5[/]

    Example:  [dim]pilotlight train digits --on batch --data s3://bucket/data/mnist.npz[/]
    """
    from pilotlight.cli.batching import train_on_batch
    from pilotlight.pipeline import Options

    options = Options(data=data, epochs=epochs, seeds=seeds, at_least=at_least)
    if on is Engine.batch:
        train_on_batch(invocation(ctx), name, options, nodes=nodes, detach=detach, as_json=as_json)
        return
    if detach or nodes:
        hint = "--detach" if detach else "--nodes"
        raise typer.BadParameter("is for a run on AWS Batch: add --on batch", param_hint=hint)
    _train_here(invocation(ctx), name, options, as_json=as_json)


def _train_here(where: Invocation, name: str, options: Options, *, as_json: bool) -> None:
    from pilotlight.cli.curves import draw_curve
    from pilotlight.pipeline import train_model

    project = where.project()
    progress = where.progress()
    with stopping() as stop:
        result = train_model(
            project,
            existing_model(project, name),
            store=open_store(project.store),
            options=options,
            progress=progress,
            fetch=fetch_data,
            stop=stop,
        )
    draw_curve(project, result, progress)
    told(result, as_json=as_json, following=f"Next: pilotlight serve {name}")


def convert(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A model under functions/.")],
    *,
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="A saved model, such as model.keras.")],
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """Convert a model that was saved earlier, verify it on held-out data, publish it and pin it.

    Example:  [dim]pilotlight convert digits --from checkpoints/best.keras[/]
    """
    from pilotlight.pipeline import Options, convert_model

    where = invocation(ctx)
    project = where.project()
    result = convert_model(
        project,
        existing_model(project, name),
        where.path(source),
        store=open_store(project.store),
        options=Options(data=data),
        progress=where.progress(),
        fetch=fetch_data,
    )
    told(result, as_json=as_json, following=f"Next: pilotlight serve {name}")
