"""How a command shows what a stage is doing: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final, TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from pilotlight.core.printable import escape_controls, escape_lines

_SECONDS_BETWEEN_LINES: Final = 10.0
_IN_THE_BAR: Final = 2
"""Values that fit beside a bar in 80 columns; the notes have all."""


class PlainProgress:
    """One line a stage, a note, and at most one line every ten seconds in between, for logs and pipes."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._last = clock()

    def stage(self, title: str) -> None:
        """See core.progress.Progress."""
        self._line(f"==> {title}")

    def note(self, text: str) -> None:
        """See core.progress.Progress."""
        self._line(f"    {text}")

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """See core.progress.Progress."""
        if self._clock() - self._last >= _SECONDS_BETWEEN_LINES:
            self._line(f"    {100 * done // total} %  {_format_metrics(values)}".rstrip())

    def line(self, text: str) -> None:
        """A line of a log that is no event, as it is."""
        self._line(f"    {text}")

    def _line(self, text: str) -> None:
        self._last = self._clock()
        self._stream.write(escape_lines(text) + "\n")
        self._stream.flush()


class LiveProgress:
    """A bar with the newest values, redrawn in place; it becomes one line when the next stage begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._title = ""

    def stage(self, title: str) -> None:
        """See core.progress.Progress."""
        self.close()
        self._title = title
        self._console.print(f"[bold cyan]●[/] [bold]{escape(title)}[/]")

    def note(self, text: str) -> None:
        """See core.progress.Progress."""
        self._console.print(Padding(Text(text), (0, 0, 0, 2)))

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        """See core.progress.Progress."""
        if self._bar is None:
            self._bar = _bar(self._console)
            self._task = self._bar.add_task(self._title, total=total, values="")
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total, values=_format_in_bar(values))
        if done >= total:
            self.close()

    def line(self, text: str) -> None:
        """A line of a log that is no event, as it is."""
        self._console.print(Padding(Text(text, style="dim"), (0, 0, 0, 2)))

    def close(self) -> None:
        """End the bar where it is, and show the cursor again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn(" "),
        SpinnerColumn(finished_text="[green]✓[/]"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[values]}[/]", table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console,
    )


def _format_in_bar(values: Mapping[str, float]) -> str:
    """The first values, escaped: the bar reads markup, and train.py chooses the names."""
    return escape(_format_metrics(dict(islice(values.items(), _IN_THE_BAR))))


def _format_metrics(values: Mapping[str, float]) -> str:
    return "  ".join(f"{escape_controls(name)} {value:.4g}" for name, value in values.items())
