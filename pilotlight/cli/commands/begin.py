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

SOURCE_HELP: Final = (
    "An ONNX file; or a language model: a .gguf file, or a folder with safetensors or an ONNX export, as Hugging Face's"
    " libraries save them."
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
    source: Annotated[Path | None, typer.Argument(metavar="PATH", help=SOURCE_HELP)] = None,
    *,
    name: Annotated[str, typer.Option(help="What to call the model.")],
    golden: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Sample inputs, and the outputs they must give, by name.")
    ] = None,
    text: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Text on which a language model is compared with its source.")
    ] = None,
    from_hub: Annotated[
        str, typer.Option(metavar="OWNER/MODEL", help="Download a language model first. Needs huggingface_hub.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Serve a model that was trained elsewhere: an ONNX file, or a language model in any usual format.

    The inputs and outputs of an ONNX file are read from it. Without --golden nothing can be compared, and the manifest
    says so.

    Of a language model, the task, the tokenizer, the chat format and the settings are found in its files. Its weights
    are stored in blocks of 8 bits, see the table quantization of model.toml, and it is published only where it still
    expects the same text.

    Example:  [dim]pilotlight import resnet50.onnx --name resnet --golden samples.npz[/]

    Example:  [dim]pilotlight import SmolLM2-135M-Instruct.Q8_0.gguf --name assistant[/]
    """
    from pilotlight.cli.results import show_result
    from pilotlight.workflows.import_source import import_source
    from pilotlight.workflows.types import ImportRequest

    if (source is None) == (not from_hub):
        raise typer.BadParameter("give either a path or --from-hub", param_hint="PATH")
    context = invocation(ctx).context()
    samples, held_out = (None if path is None else context.path(path) for path in (golden, text))
    request = ImportRequest(name, context.path(source or ""), samples, held_out, from_hub)
    result = import_source(request, context)
    show_result(result, as_json=as_json, following=f"Next: pilotlight serve {name}")
