"""bench: how fast a model starts and answers, how large it is, what it costs."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json


def bench(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model to measure.")],
    *,
    runs: Annotated[int, typer.Option(min=1, help="Cold starts, each in a fresh process.")] = 9,
    requests: Annotated[int, typer.Option(min=1, help="Warm requests of each size.")] = 100,
    many: Annotated[int, typer.Option(min=2, help="Samples in the larger request.")] = 64,
    text: Annotated[str, typer.Option(help="Text to send to text models (default: eight words).")] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Measure in plain Python processes, even where the emulator is installed.")
    ] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Install the emulator and the runtime client first.")
    ] = False,
    cold_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of requests that meet a cold start, for the cost.")
    ] = 0.01,
    request_price: Annotated[float, typer.Option(min=0, help="Dollars for a million requests.")] = 0.20,
    second_price: Annotated[float, typer.Option(min=0, help="Dollars for a GB-second.")] = 0.0000166667,
    as_json: JsonFlag = False,
) -> None:
    """Measure cold starts, warm requests, sizes and memory, and compute what a million requests cost.

    Runs the packaged function in AWS's Lambda runtime emulator with AWS's runtime client, where both are installed
    (--install does that, without Docker) and Python 3.13 is on the path; else in plain Python processes. The output
    says which.

    Example:  [dim]pilotlight bench digits --install[/]
    """
    from pilotlight.cli.benchtable import bench_panels
    from pilotlight.workflows.bench import BenchRequest
    from pilotlight.workflows.bench import bench as run_bench

    request = BenchRequest(
        model,
        runs=runs,
        requests=requests,
        samples=many,
        text=text,
        plain=plain,
        install=install,
        cold_share=cold_share,
        request_price=request_price,
        second_price=second_price,
    )
    report = run_bench(request, invocation(ctx).context())
    if as_json:
        print_json(report.as_json())
        return
    out().print(*bench_panels(report), sep="\n")
