"""bench: how fast a model starts and answers, how large it is, what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilotlight.cli.wiring import (
    JsonFlag,
    err,
    existing_model,
    invocation,
    layer_cache,
    open_store,
    out,
    print_json,
    split_version,
)

if TYPE_CHECKING:  # numpy and rich load when the command runs, not for --help
    from pilotlight.bench.emulator import Emulator
    from pilotlight.bench.prices import Prices
    from pilotlight.core.project import Project


def bench(  # noqa: PLR0913  (one parameter an option)
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model to measure.")],
    *,
    runs: Annotated[int, typer.Option(min=1, help="Cold starts, each in a fresh process.")] = 9,
    requests: Annotated[int, typer.Option(min=1, help="Warm requests of each size.")] = 100,
    many: Annotated[int, typer.Option(min=2, help="Samples in the larger request.")] = 64,
    text: Annotated[str, typer.Option(help="What a model of texts is sent; some eight words else.")] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain Python processes, even with the emulator here.")
    ] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Fetch the emulator and the runtime client first.")
    ] = False,
    cold_share: Annotated[
        float, typer.Option(min=0, max=1, help="Requests that meet a cold start, for the cost.")
    ] = 0.01,
    request_price: Annotated[float, typer.Option(min=0, help="Dollars for a million requests.")] = 0.20,
    second_price: Annotated[float, typer.Option(min=0, help="Dollars for a GB-second.")] = 0.0000166667,
    as_json: JsonFlag = False,
) -> None:
    """Measure cold starts, warm answers, sizes and memory, and reckon what a million requests cost.

    Runs the packaged function in AWS's Lambda runtime emulator with AWS's runtime client where both are at hand
    (--install fetches them, Docker isn't needed) and Python 3.13 is on the path; else in plain Python processes. The
    output says which.

    Example:  [dim]pilotlight bench digits --install[/]
    """
    from pilotlight.bench.sample import TEXT
    from pilotlight.cli.benching import Plan, bench_model
    from pilotlight.cli.serving import pinned_locks
    from pilotlight.core.lock import Lock

    where = invocation(ctx)
    project = where.project()
    name, version = split_version(model)
    existing_model(project, name)
    store = open_store(project.store)
    lock = Lock(version, store.manifest(name, version)[1]) if version else pinned_locks(project, [name])[name]
    prices = _prices(request_price, second_price, cold_share)
    emulator = None if plain else _emulator(project, install=install)
    plan = Plan(runs, requests, many, prices, emulator, layer_cache(project), text or TEXT)
    report = bench_model(project, name, lock=lock, store=store, plan=plan, progress=where.progress())
    if as_json:
        print_json(report.as_object())
        return
    from pilotlight.cli.benchtable import bench_panels

    for part in bench_panels(report):
        out().print(part)


def _prices(request_price: float, second_price: float, cold_share: float) -> Prices:
    """The prices, and where they are from. request_price: dollars for a million requests."""
    from pilotlight.bench.prices import Prices

    default = Prices()
    given = (request_price, second_price) != (0.20, default.gb_second)
    source = f"as given on the command line; SnapStart's: {default.source}" if given else default.source
    return Prices(request_price / 1_000_000, second_price, cold_share, source=source)


def _emulator(project: Project, *, install: bool) -> Emulator | None:
    from pilotlight.bench.tools import PYTHON, find_emulator, find_python, install_emulator
    from pilotlight.core.errors import ServiceError

    folder = project.root / ".pilotlight" / "bench" / "tools"
    python = find_python()
    if not install:
        found = find_emulator(folder, python)
        if found is None:
            err().print("No emulator is at hand: measuring plain Python processes. --install fetches it.", markup=False)
        return found
    if python is None:
        raise ServiceError(f"Python {PYTHON}", "is not on the path", "Install it, or measure with --plain.")
    return install_emulator(folder, python, sam=[Path(project.root / ".venv-sam")])
