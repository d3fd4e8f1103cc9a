"""init, new, import: create a project, a model, a model from an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, out

KIND_HELP: Final = (
    "The kind of model. keras-image: classifies images. keras-text: classifies texts. sklearn: classifies rows of"
    " numbers. torch: classifies images with PyTorch. onnx: a file that you import with `pilotlight import`."
)

DATA_HELP: Final = (
    "A table that a model of kind sklearn learns from: a .csv, .tsv or .parquet file, or s3://bucket/key."
)


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder; . is the current folder.")],
) -> None:
    """Create a project: template.yaml, the shared layer, the catalog function, a Makefile.

    Example:  [dim]pilotlight init my-models && cd my-models && pilotlight new spam-filter[/]
    """
    from pilotlight.workflows.create import InitRequest, init_project

    init_project(InitRequest(folder), invocation(ctx).context())
    out().print(
        f"Created a project in [bold]{folder}[/].",
        f"Next: cd {folder} && pilotlight new NAME",
        sep="\n",
        soft_wrap=True,
    )


def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Lower-case words joined by -, such as spam-filter.")],
    *,
    kind: Annotated[str, typer.Option(help=KIND_HELP)] = "keras-image",
    data: Annotated[str, typer.Option(metavar="FILE", help=DATA_HELP)] = "",
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column of the table to learn.")] = "",
    stream: Annotated[bool, typer.Option("--stream", help="Send HTTP answers while they are made.")] = False,
) -> None:
    """Add a model: a folder under functions/ and its resource block in template.yaml.

    With --data and --target, train.py and model.toml are those of the table: one input for each column.

    Example:  [dim]pilotlight new spam-filter[/]

    Example:  [dim]pilotlight new survivors --kind sklearn --data people.csv --target survived[/]
    """
    from pilotlight.workflows.create import NewRequest, new_model

    context = invocation(ctx).context()
    folder = new_model(NewRequest(name, kind, data, target, stream), context).relative_to(context.project.root)
    out().print(
        f"Created [bold]{folder}[/] and its function in template.yaml.",
        f"Next: {_next_step(name, kind, folder)}",
        sep="\n",
        soft_wrap=True,
    )


def _next_step(name: str, kind: str, folder: Path) -> str:
    if kind == "onnx":
        return f"pilotlight import FILE.onnx --name {name}"
    return f"make {folder}/train.py your own (it runs as it is), then pilotlight train {name}"


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="Any ONNX file that ONNX Runtime loads.")],
    *,
    name: Annotated[str, typer.Option(help="What to call the model.")],
    golden: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Sample inputs, and the outputs they must give, by name.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Serve an ONNX model that was trained elsewhere, external data included.

    Its inputs and outputs are read from the file. Without --golden nothing can be compared, and the manifest says so.

    Example:  [dim]pilotlight import resnet50.onnx --name resnet --golden samples.npz[/]
    """
    from pilotlight.cli.results import show_result
    from pilotlight.workflows.import_model import import_and_serve
    from pilotlight.workflows.types import ImportRequest

    context = invocation(ctx).context()
    samples = None if golden is None else context.path(golden)
    result = import_and_serve(ImportRequest(name, context.path(file), samples), context)
    show_result(result, as_json=as_json, following=f"Next: pilotlight serve {name}")
