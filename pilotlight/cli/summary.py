"""What `pilotlight demo` shows at its end."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pilotlight.cli.drawing import render_image, render_probabilities
from pilotlight.cli.results import parity_text
from pilotlight.cli.tables import format_bytes
from pilotlight.workflows.demo import MODEL, UNZIPPED_LIMIT, DemoResult


def show_summary(console: Console, result: DemoResult, cwd: Path, command: str) -> None:
    """The digit with the model's guesses, the figures, and what to type next. command: how to start pilotlight."""
    sight = Table.grid(padding=(0, 4))
    colour = console.is_terminal and console.color_system is not None
    title = Text.assemble(("a held-out digit, labelled ", "dim"), (str(result.digit.label), "bold"))
    sight.add_row(
        render_image(result.digit.pixels, colour=colour), _stacked(title, render_probabilities(result.probabilities))
    )
    console.print(Panel(sight, title="one HTTP request", title_align="left", box=box.ROUNDED, expand=False))
    console.print(_figures(result))
    console.print(_next(result, cwd, command), soft_wrap=True)


def _stacked(title: Text, below: Table) -> Table:
    grid = Table.grid()
    grid.add_row(title)
    grid.add_row("")
    grid.add_row(below)
    return grid


def _figures(result: DemoResult) -> Table:
    trained = result.trained
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    if "accuracy" in trained.metrics:
        table.add_row("accuracy", f"{trained.metrics['accuracy']:.2%} on held-out digits")
    table.add_row("parity", parity_text(trained.parity))
    table.add_row("version", trained.version)
    packages, speed = result.packages, result.speed
    function, layer = packages.function, packages.layer
    table.add_row("function", f"{format_bytes(packages.zip_bytes)} zipped, {format_bytes(function.bytes)} unzipped")
    if layer is None:
        table.add_row("layer", f"[yellow]not built:[/] {packages.layer_problem}")
    else:
        total = function.bytes + layer.bytes
        share = f"{format_bytes(total)} of {format_bytes(UNZIPPED_LIMIT)} ({total / UNZIPPED_LIMIT:.0%})"
        table.add_row("layer", f"{format_bytes(layer.bytes)} unzipped, shared by all models")
        table.add_row("Lambda's limit", f"{share} for function and layer unzipped")
    table.add_row("cold start", f"{speed.cold.median:.0f} ms from starting Python to the first answer, here")
    table.add_row(
        "warm", f"{speed.warm.median:.2f} ms in the handler, {speed.round_trip.median:.1f} ms over local HTTP"
    )
    table.add_row("training", f"{trained.seconds.get('train', 0):.0f} s")
    return table


def _relative_path(path: Path, cwd: Path) -> Path:
    """A path as it is best typed: relative where it lies below the current folder."""
    return path.relative_to(cwd) if path.is_relative_to(cwd) else path


def _next(result: DemoResult, cwd: Path, command: str) -> str:
    steps = (
        ("answer on http://127.0.0.1:8080", f"{command} serve"),
        ("ask it again", f"{command} invoke {MODEL} --image {_relative_path(result.digit.file, cwd)}"),
        ("put it behind HTTPS on AWS", "sam build && sam deploy --guided"),
        ("add a model of your own", f"{command} import FILE.onnx --name NAME"),
    )
    width = max(len(why) for why, _ in steps)
    return "\n".join(["[bold]Next[/]", *(f"  [dim]{why:{width}}[/]  [cyan]{what}[/]" for why, what in steps)])
