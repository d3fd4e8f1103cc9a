"""models, show, pin, repair: what is in the store, and which version is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json


def models(ctx: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the models of this project with their versions, metrics and sizes; ● marks the pinned version."""
    from pilotlight.cli.tables import damage_lines, models_table
    from pilotlight.workflows.models import list_models

    context = invocation(ctx).context(quiet=True)
    found = list_models(context)
    if as_json:
        print_json({"store": context.project.store, "models": [model.as_json() for model in found]})
        return
    out().print(models_table(found))
    for line in damage_lines(found):
        out().print(line, soft_wrap=True)
    if not found:
        out().print("No models yet. Add one with `pilotlight new NAME` or `pilotlight import FILE.onnx --name NAME`.")


def show(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Without a version: the pinned one.")],
    *,
    curve: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the learning curve to this file as well.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show one version: its inputs and outputs, files, metrics, parity, learning curve and where it came from.

    Its files are read and compared with its manifest first.

    Example:  [dim]pilotlight show digits --curve digits.png[/]
    """
    from pilotlight.cli.comparison_text import comparison_lines
    from pilotlight.cli.curve_image import save_curve
    from pilotlight.cli.tables import manifest_panels
    from pilotlight.workflows.models import ShowRequest, read_curve, show_comparisons, show_model
    from pilotlight_runtime.manifest_json import dump_manifest

    where = invocation(ctx)
    context = where.context()
    manifest = show_model(ShowRequest(model), context)
    compared = show_comparisons(manifest, context)
    if curve is not None:
        save_curve(read_curve(manifest), f"{manifest.model}@{manifest.version}", where.cwd / curve)
    if as_json:
        more = {"compared": [each.as_json() for each in compared]} if compared else {}
        print_json({**json.loads(dump_manifest(manifest)), **more})
        return
    for part in (*manifest_panels(manifest), *comparison_lines(compared)):
        out().print(part, soft_wrap=isinstance(part, str))


def pin(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A version that `pilotlight models` lists.")],
) -> None:
    """Choose the version that is packaged and served: write model.lock, which you commit to git.

    The files of the version are read and compared with its manifest first.

    Example:  [dim]pilotlight pin digits@3f2a9c0d1e4b[/]
    """
    from pilotlight.workflows.models import PinRequest, pin_model

    lock = pin_model(PinRequest(model), invocation(ctx).context())
    out().print(f"[bold]{model.partition('@')[0]}[/] is pinned to [bold]{lock.version}[/].")


def repair(
    ctx: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="[NAME[@VERSION]]", help="Without a name: every version of every model.")
    ] = "",
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Look there first: another store (a folder or s3://bucket/prefix), a copy of a version, or a packaged"
            " function.",
        ),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Give damaged versions in the store their published content again; exit code 1 where some is not found.

    Every file of the versions is read. A file that is missing or differs is looked for by its sha256 in PLACE,
    elsewhere in the store, in .aws-sam/build and in .pilotlight/store. Damaged content is moved to .damaged/ in the
    store. With NAME@VERSION, the files of a publication that has not ended are moved there too.

    Example:  [dim]pilotlight repair digits --from s3://my-models/pilotlight[/]
    """
    from pilotlight.cli.tables import repair_lines
    from pilotlight.workflows.repair import RepairRequest
    from pilotlight.workflows.repair import repair as repair_versions

    found = repair_versions(RepairRequest(model, source), invocation(ctx).context())
    left = [result for result in found if result.advice]
    if as_json:
        print_json({"ok": not left, "versions": [result.as_json() for result in found]})
    else:
        for line in repair_lines(found):
            out().print(line, soft_wrap=True)
    if left:
        raise typer.Exit(1)
