"""models, show, pin: what is in the store, and which version is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pilotlight.cli.wiring import JsonFlag, existing_model, invocation, open_store, out, print_json, split_version
from pilotlight.core.curve import curve_from_json
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import LOCK_NAME, Lock, write_lock
from pilotlight.core.project import Project
from pilotlight_runtime.manifest import Manifest, dump_manifest


def models(ctx: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the models of this project with their versions, metrics and sizes; ● marks what is pinned."""
    project = invocation(ctx).project()
    store = open_store(project.store)
    found = {name: store.versions(name) for name in project.models()}
    pins = project.pinned()
    if as_json:
        listed = [
            {
                "name": name,
                "pinned": pins[name].version if name in pins else None,
                "versions": [_summary(manifest) for manifest in manifests],
            }
            for name, manifests in found.items()
        ]
        print_json({"store": project.store, "models": listed})
        return
    from pilotlight.cli.tables import models_table

    out().print(models_table(found, pins))
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

    Example:  [dim]pilotlight show digits --curve digits.png[/]
    """
    project = invocation(ctx).project()
    name, version = split_version(model)
    existing_model(project, name)
    manifest, _ = open_store(project.store).manifest(name, version or _pinned(project, name).version)
    if curve is not None:
        _draw(manifest, invocation(ctx).path(curve))
    if as_json:
        print_json(json.loads(dump_manifest(manifest)))
        return
    from pilotlight.cli.tables import manifest_panels

    for part in manifest_panels(manifest):
        out().print(part)


def pin(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A version that `pilotlight models` lists.")],
) -> None:
    """Choose the version that is packaged and served: writes model.lock, which belongs into git.

    Example:  [dim]pilotlight pin digits@3f2a9c0d1e4b[/]
    """
    project = invocation(ctx).project()
    name, version = split_version(model)
    existing_model(project, name)
    if version is None:
        raise StoreError(f"model {name!r}", "no version is named", f"Write {name}@VERSION; see `pilotlight models`.")
    _, digest = open_store(project.store).manifest(name, version)
    write_lock(project.folder(name) / LOCK_NAME, Lock(version, digest))
    out().print(f"[bold]{name}[/] is pinned to [bold]{version}[/].")


def _draw(manifest: Manifest, path: Path) -> None:
    from pilotlight.cli.curve_image import save_curve

    curve = curve_from_json(manifest.provenance.get("curve"))
    title = f"{manifest.model}@{manifest.version}"
    if curve is None:
        hint = "Versions that `pilotlight train` made have one, where train.py records it or fits a Keras model."
        raise StoreError(title, "has no learning curve", hint)
    save_curve(curve, title, path)


def _pinned(project: Project, name: str) -> Lock:
    lock = project.lock(name)
    if lock is None:
        raise StoreError(f"model {name!r}", "is not pinned", f"Run `pilotlight train {name}` or name a version.")
    return lock


def _summary(manifest: Manifest) -> dict[str, object]:
    return {
        "version": manifest.version,
        "metrics": manifest.metrics,
        "bytes": sum(file.size for file in manifest.files),
        "parity": manifest.parity,
    }
