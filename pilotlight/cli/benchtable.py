"""The figures of `pilotlight bench` as tables."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from pilotlight.cli.tables import format_bytes, plain_table
from pilotlight.workflows.bench import BenchReport, Cost, Latency


def bench_panels(report: BenchReport) -> Iterable[RenderableType]:
    """Times, sizes and costs, each with what it rests on."""
    yield f"[bold]{report.model}[/] [cyan]{report.version}[/] in {escape(report.how)}"
    times = plain_table("milliseconds", "p50", "p99", "least", "most", "runs")
    _row(times, "cold start, to the first answer", report.cold)
    _row(times, "warm, 1 sample", report.warm_one)
    if report.warm_many is not None:
        _row(times, f"warm, {report.many} samples", report.warm_many)
    for column in times.columns[1:]:
        column.justify = "right"
    yield times
    layer = "not built" if report.sizes.layer is None else format_bytes(report.sizes.layer)
    rss = "unknown" if report.rss is None else format_bytes(report.rss)
    function = format_bytes(report.sizes.function)
    yield f"  unzipped: function {function}, layer {layer}; memory after the first answer {rss}"
    yield _money(report.costs)
    yield _snapshots(report.costs)
    prices = report.prices
    yield (
        f"[dim]  ${prices.request * 1e6:.2f} a million requests and ${prices.gb_second:.10f} a GB-second"
        f" ({escape(prices.source)}); {prices.cold:.1%} of the requests are cold and bill their init. Below 1,769 MB,"
        " one vCPU, times are stretched in proportion. API Gateway and logs come on top. SnapStart is off unless the"
        f" template says otherwise: ${prices.cache:.10f} a GB-second kept, ${prices.restore:.10f} a GB restored.[/]"
    )


def _money(costs: Iterable[Cost]) -> Table:
    table = plain_table("memory", "billed warm", "billed cold", "$ per million requests")
    for cost in costs:
        table.add_row(f"{cost.memory_mb} MB", f"{cost.warm_ms} ms", f"{cost.start_ms} ms", f"{cost.dollars:.2f}")
    return _right(table)


def _snapshots(costs: Iterable[Cost]) -> Table:
    """What SnapStart would cost, beside the cold starts whose place its restores would take."""
    table = plain_table("memory", "$ per million cold starts", "$ per million restores", "$ a month to keep a snapshot")
    for cost in costs:
        figures = (cost.start_dollars, cost.restore_dollars, cost.snapshot_month)
        table.add_row(f"{cost.memory_mb} MB", *(f"{value:.2f}" for value in figures))
    return _right(table)


def _right(table: Table) -> Table:
    for column in table.columns:
        column.justify = "right"
    return table


def _row(table: Table, title: str, latency: Latency) -> None:
    figures = (latency.median, latency.percentile(0.99), min(latency.runs), max(latency.runs))
    table.add_row(title, *(f"{value:.2f}" for value in figures), str(len(latency.runs)))
