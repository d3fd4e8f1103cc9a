"""Consoles that print text from outside as text: its control characters become escapes, and only rich's own remain."""

from __future__ import annotations

from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.control import Control
from rich.segment import Segment

from pilotlight.core.printable import escape_lines


def make_console(**settings: Any) -> Console:
    """Return a console that prints no control character of the texts that it is given.

    Args:
        settings: Those of rich.console.Console.
    """
    console = Console(highlight=False, **settings)
    console.push_render_hook(_EscapeControls())
    return console


class _EscapeControls(RenderHook):
    """Wraps whatever is printed."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [each if isinstance(each, Control) else _Escaped(each) for each in renderables]


class _Escaped:
    """Renders what it holds, and escapes the text of each segment. A segment with a control code is rich's own."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(escape_lines(segment.text), segment.style)
